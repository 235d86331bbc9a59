using Carrick.Storage;
using Microsoft.Extensions.Logging;

namespace Carrick.Dispatch;

/// <content>The loop: read, choose, start, wait. It ends with the pump and for no other reason.</content>
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
                StartAfresh();
                await ReadAsync().ConfigureAwait(false);
                wait = Choose();
                await LoadEventsAsync().ConfigureAwait(false);
                if (!StartChosen())
                {
                    wait = TimeSpan.Zero;
                }

                failing = false;
                _health.Works();
            }
            catch (StoreException exception)
            {
                if (!failing)
                {
                    failing = true;
                    LogReadFailed(exception, Definition.Name, exception.Message);
                }

                PutBack();
                wait = AfterFailure;
            }
            catch (Exception exception)
            {
                if (_health.Failed(exception))
                {
                    LogStandsStill(exception, Definition.Name);
                }

                PutBack();
                wait = AfterFailure;
            }

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

    /// <summary>Chooses what starts now, and says how long to wait for more: zero to go round at once, nothing to wait for a wake-up.</summary>
    private TimeSpan? Choose()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            if (_stopping || State.DisabledAt is not null || _saidGone is { Count: > 0 })
            {
                return null;
            }

            if (_isStale)
            {
                // Shards have come or gone: a later delivery of a key may be here without the earlier ones.
                return TimeSpan.Zero;
            }

            if (!_shards.IsCurrent)
            {
                return WhileNotCurrent;
            }

            if (OpensAt() is { } gate && gate > now)
            {
                return gate - now;
            }

            while (_running.Count < Definition.Concurrency)
            {
                if (TryNext(now) is not { } item)
                {
                    return _ready.NeedsRead || _keysToRead.Count > 0 ? TimeSpan.Zero : Positive(_delayed.NextTime - now);
                }

                if (_bucket is not null && !_bucket.TryTake(out var availableAt))
                {
                    _held = item;
                    _runner.HeldBack(this);
                    return Positive(availableAt - now);
                }

                _running.Add(item.Id, item);
                _starting.Enqueue(item);
            }

            // The end of an attempt wakes the loop.
            return null;
        }
    }

    private WorkItem? TryNext(DateTimeOffset now)
    {
        while (true)
        {
            if (TryUrgent(out var item))
            {
                if (!_forgotten.Remove(item!.Id))
                {
                    return item;
                }

                _bodies.Release(item);
                ReleaseKey(item);
            }
            else if (_keysToRead.Count >= KeysAhead)
            {
                return null;
            }
            else if (_delayed.TryTakeDue(now, out item))
            {
                if (EntersDue(item!))
                {
                    return item;
                }

                if (_keysToRead.Count > 0)
                {
                    // It is due: what its key has is read before anything else is taken.
                    return null;
                }
            }
            else if (!_ready.TryTake(out item))
            {
                return null;
            }
            else if (_forgotten.Remove(item!.Id))
            {
                _bodies.Release(item);
                ReleaseKey(item);
            }
            else if (!Enters(item))
            {
                _bodies.Release(item);
            }
            else
            {
                return item;
            }
        }
    }

    private bool TryUrgent(out WorkItem? item)
    {
        item = _held;
        _held = null;
        return item is not null || _urgent.TryDequeue(out item);
    }

    /// <returns><see langword="false"/> if a gate closed or the consumer was disabled since: what was chosen is chosen again later.</returns>
    private bool StartChosen()
    {
        if (!MayStart())
        {
            return !PutBack();
        }

        while (_starting.TryDequeue(out var item))
        {
            _runner.Start(item, this);
        }

        return true;
    }

    /// <summary>What was chosen could not start: it is chosen again later, first.</summary>
    private bool PutBack()
    {
        lock (_gate)
        {
            var any = _starting.Count > 0;
            _bucket?.GiveBack(_starting.Count);
            while (_starting.TryDequeue(out var item))
            {
                _running.Remove(item.Id);
                _urgent.Enqueue(item);
            }

            if (_stopping && _running.Count == 0)
            {
                _drained.TrySetResult();
            }

            return any;
        }
    }

    private static TimeSpan? Positive(TimeSpan? wait) => wait is { } time && time < TimeSpan.Zero ? TimeSpan.Zero : wait;

    [LoggerMessage(1100, LogLevel.Error, "Consumer {Consumer} cannot read its deliveries: {Problem} It tries again every second.")]
    private partial void LogReadFailed(Exception exception, string consumer, string problem);

    [LoggerMessage(1101, LogLevel.Error, "Consumer {Consumer} stands still: an error that it cannot explain. It tries again every second.")]
    private partial void LogStandsStill(Exception exception, string consumer);
}
