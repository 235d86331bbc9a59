using Carrick.Commit;
using Carrick.Simulation.World;

namespace Carrick.Simulation.Scheduling;

/// <summary>The commit queue's loop among the other work of the simulation: where its own thread would block, it waits without one.</summary>
internal sealed class SimulatedCommitThread(Life life) : ICommitThread
{
    private TaskCompletionSource<bool>? _waiter;
    private bool _woken;

    public void Start(Func<Task> loop) => Task.Run(loop);

    public void Wake()
    {
        _woken = true;
        var waiter = _waiter;
        _waiter = null;
        waiter?.SetResult(true);
    }

    public void Reset() => _woken = false;

    public ValueTask<bool> WaitAsync(TimeSpan atMost)
    {
        if (_woken)
        {
            return ValueTask.FromResult(true);
        }

        var waiter = _waiter = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        life.After(atMost, () =>
        {
            if (_waiter == waiter)
            {
                _waiter = null;
                waiter.SetResult(false);
            }
        });
        return new ValueTask<bool>(waiter.Task);
    }

    public ValueTask WaitAsync(ValueTask work) => work;

    public void Dispose()
    {
    }
}
