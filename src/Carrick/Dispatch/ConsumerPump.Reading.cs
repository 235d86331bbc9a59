using Carrick.Storage;

namespace Carrick.Dispatch;

/// <content>
/// Reads what memory lacks. While a read is under way the store and memory go on, so that a row may be old when it arrives. When shards have come or
/// gone meanwhile nothing of it counts: it may have later deliveries of a key without the earlier ones.
/// </content>
internal sealed partial class ConsumerPump
{
    // What ended or was discarded since the read began.
    private readonly HashSet<RecordId> _left = [];
    private bool _reading;
    private bool _readingReady;

    /// <summary>Parked and delayed deliveries, free keys, ready deliveries.</summary>
    private async ValueTask ReadAsync()
    {
        await ReadDelayedAsync().ConfigureAwait(false);
        await ReadKeysAsync().ConfigureAwait(false);
        await ReadReadyAsync().ConfigureAwait(false);
    }

    private async ValueTask ReadDelayedAsync()
    {
        while (true)
        {
            (DateTimeOffset Due, RecordId Id) after;
            int page;
            lock (_gate)
            {
                // With order as many as there is room for, whenever they are due: what is parked in memory need not be looked up.
                if (_keys is null ? !_delayed.NeedsRead(_time.GetUtcNow()) : _delayed.Horizon is null || !_delayed.HasRoom)
                {
                    return;
                }

                BeginRead();
                after = _delayed.BeginRead();
                page = Math.Min(ReadPage, _delayedCapacity / 2);
            }

            IReadOnlyList<WorkItem> items;
            try
            {
                items = await _reader.ReadDelayedAsync(State.Number, after.Due, after.Id, page, CancellationToken.None).ConfigureAwait(false);
            }
            catch
            {
                lock (_gate)
                {
                    _delayed.AbandonRead();
                }

                throw;
            }

            lock (_gate)
            {
                if (_isStale)
                {
                    _delayed.AbandonRead();
                    return;
                }

                var taken = EndRead(items);
                foreach (var item in _delayed.EndRead(items, items.Count < page, taken))
                {
                    if (_keys is not null && item.OrderingKey is not null && _delayed.Contains(item.Id))
                    {
                        _keys.Park(item, hasMissed: _ready.LastTaken > item.Id);
                    }
                }
            }
        }
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

            BeginRead();
            _readingReady = true;
            limit = Math.Min(ReadPage, _ready.BeginRead());
            after = _ready.Cursor;
        }

        var items = await _reader.ReadReadyAsync(State.Number, after, limit, CancellationToken.None).ConfigureAwait(false);
        lock (_gate)
        {
            if (_isStale)
            {
                return;
            }

            // A delivery that an operator has made due may be delayed in memory for a moment yet; it comes from there.
            var taken = EndRead(items);
            _ready.EndRead(items, limit, item => !taken.Contains(item.Id) && !_delayed.Contains(item.Id));
        }
    }

    private void BeginRead()
    {
        (_reading, _readingReady) = (true, false);
        _left.Clear();
    }

    /// <summary>What is chosen or runs, or was so while the read was under way: its row says no more what follows. Also what is in shards that the pump is not told of yet.</summary>
    private HashSet<RecordId> EndRead(IReadOnlyList<WorkItem> items)
    {
        (_reading, _readingReady) = (false, false);
        return [.. items.Where(IsTaken).Select(item => item.Id)];
    }

    private bool IsTaken(WorkItem item) =>
        _left.Contains(item.Id) || _running.ContainsKey(item.Id) || _urgent.Find(item.Id) is not null || !Serves(item) || _held?.Id == item.Id;

    private void Left(RecordId id)
    {
        if (_reading)
        {
            _left.Add(id);
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
}
