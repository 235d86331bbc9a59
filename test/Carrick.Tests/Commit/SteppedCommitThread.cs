using Carrick.Commit;

namespace Carrick.Tests.Commit;

/// <summary>A commit thread whose waits end by a wake-up, or when the test says that their time is over.</summary>
internal sealed class SteppedCommitThread : ICommitThread
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<bool>? _waiter;
    private TimeSpan _atMost;
    private bool _woken;

    /// <summary>How long the loop waits now at most, or <see langword="null"/> if it does not wait.</summary>
    public TimeSpan? Waits
    {
        get
        {
            lock (_gate)
            {
                return _waiter is null ? null : _atMost;
            }
        }
    }

    public void Start(Func<Task> loop) => Task.Run(loop);

    public void Wake() => End(woken: true);

    public void TimeIsOver() => End(woken: false);

    public void Reset()
    {
        lock (_gate)
        {
            _woken = false;
        }
    }

    public ValueTask<bool> WaitAsync(TimeSpan atMost)
    {
        lock (_gate)
        {
            if (_woken)
            {
                return ValueTask.FromResult(true);
            }

            _atMost = atMost;
            _waiter = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            return new ValueTask<bool>(_waiter.Task);
        }
    }

    public ValueTask WaitAsync(ValueTask work) => work;

    public void Dispose()
    {
    }

    private void End(bool woken)
    {
        lock (_gate)
        {
            _woken |= woken;
            _waiter?.SetResult(woken);
            _waiter = null;
        }
    }
}
