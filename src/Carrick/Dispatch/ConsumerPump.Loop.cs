using Carrick.Storage;

namespace Carrick.Dispatch;

internal sealed partial class ConsumerPump
{
    private async Task RunAsync()
    {
        var failing = false;
        while (true)
        {
            TimeSpan? wait;
            try
            {
                await ReadAsync().ConfigureAwait(false);
                wait = Choose();
                await LoadEventsAsync().ConfigureAwait(false);
                failing = false;
            }
            catch (StoreException exception)
            {
                if (!failing)
                {
                    failing = true;
                    LogReadFailed(exception, Definition.Name, exception.Message);
                }

                PutBack();
                wait = AfterFailedRead;
            }

            foreach (var item in _starting)
            {
                _runner.Start(item, this);
            }

            _starting.Clear();
            lock (_gate)
            {
                if (_stopping)
                {
                    return;
                }
            }

            if (wait != TimeSpan.Zero)
            {
                await _wakeup.WaitAsync(wait).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads what memory lacks: parked and delayed deliveries, free keys, ready deliveries.</summary>
    private async ValueTask ReadAsync()
    {
        await ReadDelayedAsync().ConfigureAwait(false);
        while (true)
        {
            string? key;
            lock (_gate)
            {
                if (!_keysToRead.TryPeek(out key))
                {
                    break;
                }
            }

            var items = await _reader.ReadKeyAsync(State.Number, key, RecordId.None, KeyGate.WaitingPerKey, CancellationToken.None).ConfigureAwait(false);
            lock (_gate)
            {
                if (_keys!.EndRead(key, items, items.Count < KeyGate.WaitingPerKey, _ready.LastTaken) is { } next)
                {
                    _urgent.Enqueue(next);
                }
                else if (_keys.NeedsRead(key))
                {
                    continue;
                }

                _keysToRead.Dequeue();
            }
        }

        await ReadReadyAsync().ConfigureAwait(false);
    }

    private async ValueTask ReadDelayedAsync()
    {
        while (true)
        {
            (DateTimeOffset Due, RecordId Id) after;
            lock (_gate)
            {
                if (_keys is null ? !_delayed.NeedsRead(_time.GetUtcNow()) : _delayed.Horizon is null)
                {
                    return;
                }

                after = _delayed.BeginRead();
            }

            IReadOnlyList<WorkItem> items;
            try
            {
                items = await _reader.ReadDelayedAsync(State.Number, after.Due, after.Id, ReadPage, CancellationToken.None).ConfigureAwait(false);
            }
            catch (StoreException)
            {
                lock (_gate)
                {
                    _delayed.AbandonRead();
                }

                throw;
            }

            lock (_gate)
            {
                foreach (var item in items)
                {
                    if (_keys is not null && item.OrderingKey is not null)
                    {
                        _keys.Park(item);
                    }
                }

                _delayed.EndRead(items, items.Count < ReadPage, Taken());
            }
        }
    }

    /// <summary>What is chosen or runs: its row in the store says no more what follows.</summary>
    private HashSet<RecordId> Taken()
    {
        HashSet<RecordId> taken = [.. _running.Keys, .. _urgent.Select(item => item.Id)];
        if (_held is not null)
        {
            taken.Add(_held.Id);
        }

        return taken;
    }

    private async ValueTask ReadReadyAsync()
    {
        RecordId after;
        int limit;
        lock (_gate)
        {
            if (!_ready.NeedsRead)
            {
                return;
            }

            limit = Math.Min(ReadPage, _ready.BeginRead());
            after = _ready.Cursor;
        }

        var items = await _reader.ReadReadyAsync(State.Number, after, limit, CancellationToken.None).ConfigureAwait(false);
        lock (_gate)
        {
            _ready.EndRead(items, limit);
        }
    }

    /// <summary>Chooses what starts now, and says how long to wait for more: zero to go round at once, nothing to wait for a wake-up.</summary>
    private TimeSpan? Choose()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            while (_delayed.TryTakeDue(now, out var due))
            {
                _urgent.Enqueue(due!);
            }

            if (_stopping || State.DisabledAt is not null)
            {
                return null;
            }

            var next = _delayed.NextTime;
            if (State.GateUntil is { } gate && gate > now)
            {
                return Sooner(next, gate) - now;
            }

            while (_running.Count < Definition.Concurrency && TryNext() is { } item)
            {
                if (_bucket is not null && !_bucket.TryTake(out var availableAt))
                {
                    _held = item;
                    _runner.HeldBack(this);
                    return Sooner(next, availableAt) - now;
                }

                _running.Add(item.Id, item);
                _starting.Add(item);
            }

            var more = _running.Count < Definition.Concurrency && (_ready.NeedsRead || _keysToRead.Count > 0);
            return more ? TimeSpan.Zero : Positive(next - now);
        }
    }

    private WorkItem? TryNext()
    {
        while (true)
        {
            WorkItem? item;
            if (_held is not null)
            {
                item = _held;
                _held = null;
            }
            else if (!_urgent.TryDequeue(out item))
            {
                if (!_ready.TryTake(out item))
                {
                    return null;
                }

                if (_hurried.Count > 0 && _hurried.Remove(item!.Id))
                {
                    continue;
                }

                if (_keys is not null && item!.OrderingKey is not null && !_keys.TryEnter(item))
                {
                    _bodies.Release(item);
                    continue;
                }
            }

            if (_forgotten.Count > 0 && _forgotten.Remove(item!.Id))
            {
                _bodies.Release(item);
                ReleaseKey(item);
                continue;
            }

            return item;
        }
    }

    private async ValueTask LoadEventsAsync()
    {
        HashSet<RecordId>? missing = null;
        foreach (var item in _starting)
        {
            if (item.Event is null)
            {
                (missing ??= []).Add(item.EventId);
            }
        }

        if (missing is null)
        {
            return;
        }

        var events = await _reader.ReadEventsAsync(missing, CancellationToken.None).ConfigureAwait(false);
        var byId = events.ToDictionary(record => record.Id);
        foreach (var item in _starting)
        {
            item.Event ??= byId.GetValueOrDefault(item.EventId);
        }
    }

    /// <summary>The events could not be read: what was chosen is chosen again later, first.</summary>
    private void PutBack()
    {
        lock (_gate)
        {
            foreach (var item in _starting)
            {
                _running.Remove(item.Id);
                _urgent.Enqueue(item);
            }

            _starting.Clear();
            if (_stopping && _running.Count == 0)
            {
                _drained.TrySetResult();
            }
        }
    }

    private static DateTimeOffset Sooner(DateTimeOffset? one, DateTimeOffset other) => one is { } time && time < other ? time : other;

    private static TimeSpan? Positive(TimeSpan? wait) => wait is { } time && time < TimeSpan.Zero ? TimeSpan.Zero : wait;

    [Microsoft.Extensions.Logging.LoggerMessage(1100, Microsoft.Extensions.Logging.LogLevel.Error, "Consumer {Consumer} cannot read its deliveries: {Problem} It tries again every second.")]
    private partial void LogReadFailed(Exception exception, string consumer, string problem);
}
