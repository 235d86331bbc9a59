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
                _urgent.Enqueue(item);
            }
            else if (_delayed.Horizon is { } horizon && (due, was.Id).CompareTo(horizon) > 0)
            {
                Depth.Requeued();
                if (_keys is null)
                {
                    was.DueAt = null;
                    _urgent.Enqueue(was);
                }

                // In order it comes with its key, by the read of what is ready: that begins only when all that is delayed is known.
            }
        }

        _wakeup.Set();
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
        }

        _wakeup.Set();
    }

    private WorkItem? Find(RecordId id) =>
        _running.TryGetValue(id, out var item) ? item : _held?.Id == id ? _held : _urgent.FirstOrDefault(waiting => waiting.Id == id);
}
