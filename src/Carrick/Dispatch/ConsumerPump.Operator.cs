using Carrick.Storage;

namespace Carrick.Dispatch;

/// <content>What an operator did to a delivery in the store, wherever the delivery is now. Called on the commit thread, so before any later commit.</content>
internal sealed partial class ConsumerPump
{
    // Discarded, but still in a queue or under way.
    private readonly HashSet<RecordId> _forgotten = [];

    // Gone from the store when its attempt ended, and off the counters: whoever discarded it is told of that later.
    private readonly HashSet<RecordId> _lost = [];

    // Made due while the pump had not yet been told that its attempt had put it off.
    private readonly HashSet<RecordId> _rushed = [];

    /// <summary>Starts a delivery that was made due at once as soon as it may.</summary>
    /// <param name="was">Its row before that.</param>
    public void Hurry(WorkItem was)
    {
        if (was.DueAt is not { } due)
        {
            return;
        }

        lock (_gate)
        {
            if (Find(was.Id) is { } here)
            {
                Depth.Requeued();
                if (here.Attempts == was.Attempts)
                {
                    here.DueAt = null;
                }
                else
                {
                    _rushed.Add(was.Id);
                }
            }
            else if (!Serves(was))
            {
                Depth.Requeued();
            }
            else if (_delayed.Remove(was.Id, out var item))
            {
                Depth.Requeued();
                item!.DueAt = null;
                if (EntersDue(item))
                {
                    _urgent.Enqueue(item);
                }
                else
                {
                    // Among what is ready now, which may be read past it already.
                    _isStale = true;
                }
            }
            else if (_dueBehind.Remove(was.Id) || (_delayed.Horizon is { } horizon && (due, was.Id).CompareTo(horizon) > 0))
            {
                Depth.Requeued();
                HurryInStore(was);
            }
        }

        _wakeup.Set();
    }

    private void HurryInStore(WorkItem was)
    {
        if (_keys is not null && was.OrderingKey is not null)
        {
            if (_ready.Spilled && was.Id > _ready.Cursor && !_readingReady)
            {
                // It comes with what is ready; that it may be the first of its key is to be seen then.
                LookUp(was.OrderingKey);
                return;
            }
        }
        else if (_urgent.Count < _capacity)
        {
            was.DueAt = null;
            _urgent.Enqueue(was);
            return;
        }

        // The read begins at the oldest and finds it.
        _isStale = true;
    }

    /// <summary>Drops a delivery that was discarded.</summary>
    /// <param name="was">Its row before that.</param>
    public void Forget(WorkItem was)
    {
        lock (_gate)
        {
            if (_lost.Remove(was.Id))
            {
                return;
            }

            Depth.Removed(was.DueAt is not null);
            Left(was.Id);
            if (_delayed.Remove(was.Id, out var item))
            {
                ReleaseKey(item!);
            }
            else if (Find(was.Id) is not null || _ready.Contains(was.Id) || _keys?.IsWaiting(was) == true)
            {
                _forgotten.Add(was.Id);
            }
            else if (!_dueBehind.Remove(was.Id) && was.OrderingKey is { } key && Serves(was))
            {
                // Those behind it may be free now.
                ReleaseKey(was);
                if (_keys is not null && was.DueAt is not null && _delayed.Horizon is not null)
                {
                    LookUp(key);
                }
            }
        }

        _wakeup.Set();
    }

    private WorkItem? Find(RecordId id) =>
        _running.TryGetValue(id, out var item) ? item : _held?.Id == id ? _held : _urgent.Find(id);
}
