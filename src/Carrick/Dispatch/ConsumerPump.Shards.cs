using Carrick.Integrations;
using Carrick.Shards;
using Carrick.Storage;

namespace Carrick.Dispatch;

/// <content>Shards come and go. Each time the pump forgets all that does not run and reads the store again, as at its start.</content>
internal sealed partial class ConsumerPump
{
    private static readonly TimeSpan WhileNotCurrent = TimeSpan.FromMilliseconds(250);
    private readonly ShardSet _shards;
    private ulong _serving;
    private bool _isStale;
    private (ulong Shards, TaskCompletionSource Done)? _leave;

    /// <summary>Starts the deliveries of these shards and no others. For a pump that is not started.</summary>
    public void Serve(ulong shards)
    {
        lock (_gate)
        {
            _serving = shards;
        }
    }

    /// <summary>Starts the deliveries of these shards too.</summary>
    public void Own(ulong shards)
    {
        lock (_gate)
        {
            _serving |= shards;
            _isStale = true;
            if (_leave is { } leave && (leave.Shards & shards) != 0)
            {
                // They stay after all.
                leave.Done.TrySetResult();
                _leave = null;
            }
        }

        _wakeup.Set();
    }

    /// <summary>Starts no more deliveries of these shards.</summary>
    /// <returns>Ends when none of them is under way.</returns>
    public Task LeaveAsync(ulong shards)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _serving &= ~shards;
            _isStale = true;
            _leave = (shards, done);
            EndLeave();
        }

        _wakeup.Set();
        return done.Task;
    }

    private bool Serves(WorkItem item) => ShardSet.Contains(_serving, item.Shard);

    private (ReadyBuffer, DelayedBuffer, KeyGate?) Empty() => Definition.Order == OrderingMode.None
        ? (new ReadyBuffer(_capacity), new DelayedBuffer(_delayedCapacity), null)
        : (new ReadyBuffer(_capacity), new DelayedBuffer(_delayedCapacity, LeaveToStore), new KeyGate(_capacity, DropWaiting));

    /// <summary>Called by the loop, between two reads: no read brings what is no longer served.</summary>
    private void StartAfresh()
    {
        lock (_gate)
        {
            if (!_isStale)
            {
                return;
            }

            _isStale = false;
            foreach (var item in _ready.Items.Concat(_urgent.Items))
            {
                _bodies.Release(item);
            }

            if (_held is not null)
            {
                _bodies.Release(_held);
                _held = null;
            }

            _urgent.Clear();
            _keysToRead.Clear();
            _dueBehind.Clear();
            _forgotten.RemoveWhere(id => !_running.ContainsKey(id));
            (_ready, _delayed, _keys) = Empty();
            foreach (var item in _running.Values)
            {
                if (item.OrderingKey is not null)
                {
                    _keys?.Hold(item);
                }
            }

            EndLeave();
        }
    }

    // Before the pump has started afresh, something that waits in memory may still start.
    private void EndLeave()
    {
        if (_leave is { } leave && (_stopping || (!_isStale && !_running.Values.Any(item => ShardSet.Contains(leave.Shards, item.Shard)))))
        {
            _leave = null;
            leave.Done.TrySetResult();
        }
    }
}
