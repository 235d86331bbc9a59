using Carrick.Storage;

namespace Carrick.Dispatch;

/// <content>
/// The keys of a consumer with order. Memory holds a bounded number of parked deliveries. While there are more, which only the store has, a key of which nothing is known is looked up there before
/// anything of it goes: its head may be parked.
/// </content>
internal sealed partial class ConsumerPump
{
    /// <summary>So many keys are looked up before more is taken that may need it.</summary>
    private const int KeysAhead = 64;

    private readonly Queue<string> _keysToRead = new();

    // Parked deliveries that were due and not the first of their key: in the store, and before the horizon all the same.
    private readonly HashSet<RecordId> _dueBehind = [];

    /// <summary>How many deliveries and keys are held in memory.</summary>
    public int Held
    {
        get
        {
            lock (_gate)
            {
                return _ready.Count + _delayed.Entries + _urgent.Count + _running.Count + _keysToRead.Count + _dueBehind.Count + (_keys is null ? 0 : _keys.BusyKeys + _keys.Waiting);
            }
        }
    }

    /// <summary>How many may be held at most.</summary>
    public int MostHeld => (8 * _capacity) + (6 * _delayedCapacity) + Definition.Concurrency + (2 * KeysAhead);

    private bool Enters(WorkItem item)
    {
        if (_keys is null || item.OrderingKey is not { } key)
        {
            return true;
        }

        var knowsAll = _delayed.Horizon is null;
        if (knowsAll || _keys.Knows(item))
        {
            return _keys.TryEnter(item, mayWait: knowsAll);
        }

        if (_keys.Ask(key))
        {
            _keysToRead.Enqueue(key);
        }

        return false;
    }

    private bool EntersDue(WorkItem item)
    {
        if (_keys is null || item.OrderingKey is not { } key)
        {
            return true;
        }

        switch (_keys.EnterDue(item, _delayed.Horizon is null && _ready.HasNoneBefore(item.Id)))
        {
            case KeyEntry.Start:
                return true;
            case KeyEntry.Read:
                _keysToRead.Enqueue(key);
                break;
        }

        if (_dueBehind.Count < _delayedCapacity)
        {
            _dueBehind.Add(item.Id);
        }

        return false;
    }

    private void Park(WorkItem item)
    {
        if (item.OrderingKey is not null)
        {
            _keys?.ParkHead(item);
        }

        _delayed.Add(item);
    }

    private void ReleaseKey(WorkItem item)
    {
        if (_keys is null || item.OrderingKey is null)
        {
            return;
        }

        switch (_keys.Release(item, out var next))
        {
            case KeyRelease.Next:
                _urgent.Enqueue(next!);
                break;
            case KeyRelease.Read:
                _keysToRead.Enqueue(item.OrderingKey);
                break;
        }
    }

    /// <summary>What a key has in the store was changed, and memory does not hold it.</summary>
    private void LookUp(string key)
    {
        if (!_keys!.Ask(key))
        {
            return;
        }

        if (_keysToRead.Count < _capacity)
        {
            _keysToRead.Enqueue(key);
        }
        else
        {
            _isStale = true;
        }
    }

    private async ValueTask ReadKeysAsync()
    {
        while (true)
        {
            string? key;
            lock (_gate)
            {
                if (_urgent.Count >= Definition.Concurrency || !_keysToRead.TryPeek(out key))
                {
                    return;
                }

                if (!_keys!.IsLookedUp(key))
                {
                    _keysToRead.Dequeue();
                    continue;
                }

                BeginRead();
            }

            var items = await _reader.ReadKeyAsync(State.Number, key, RecordId.None, KeyGate.WaitingPerKey, CancellationToken.None).ConfigureAwait(false);
            lock (_gate)
            {
                if (_isStale)
                {
                    return;
                }

                var taken = EndRead(items);
                var complete = items.Count < KeyGate.WaitingPerKey;
                if (_keys!.EndRead(key, [.. items.Where(item => !taken.Contains(item.Id))], complete, _ready.LastTaken) is { } next)
                {
                    Head(next);
                }
                else if (_keys.NeedsRead(key))
                {
                    continue;
                }

                _keysToRead.Dequeue();
            }
        }
    }

    /// <summary>The first delivery of its key, as the store has it.</summary>
    private void Head(WorkItem item)
    {
        _dueBehind.Remove(item.Id);
        if (item.DueAt > _time.GetUtcNow())
        {
            if (_delayed.Contains(item.Id))
            {
                _keys!.ParkHead(item);
            }
            else
            {
                Park(item);
            }

            return;
        }

        _delayed.Remove(item.Id, out _);
        _urgent.Enqueue(item);
    }

    /// <summary>There is no room for a delivery that waits behind its key: it is read again when it is its turn.</summary>
    private void DropWaiting(WorkItem item)
    {
        _bodies.Release(item);
        _forgotten.Remove(item.Id);
    }

    private void LeaveToStore(WorkItem item)
    {
        if (item.OrderingKey is not null)
        {
            _keys?.Leave(item);
        }
    }
}
