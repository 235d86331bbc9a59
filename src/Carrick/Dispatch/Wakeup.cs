namespace Carrick.Dispatch;

/// <summary>Wakes one waiter, by a call or at a time; a call before the wait is not lost.</summary>
internal sealed class Wakeup : IDisposable
{
    // Longer waits are cut: the timer's own limit is about 49 days.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private TaskCompletionSource? _waiter;
    private bool _set;

    public Wakeup(TimeProvider time) =>
        _timer = time.CreateTimer(static state => ((Wakeup)state!).Set(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Set()
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            waiter = _waiter;
            _waiter = null;
            _set = waiter is null;
        }

        waiter?.TrySetResult();
    }

    /// <summary>Waits for <see cref="Set"/>, at most this long.</summary>
    public Task WaitAsync(TimeSpan? atMost)
    {
        TaskCompletionSource waiter;
        lock (_gate)
        {
            if (_set)
            {
                _set = false;
                return Task.CompletedTask;
            }

            waiter = _waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (atMost is { } limit)
        {
            // Rounded up: a timer that fires a fraction early would spin until the time has come.
            var wait = limit < Longest ? TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, limit.TotalMilliseconds))) : Longest;
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }

        return waiter.Task;
    }

    public void Dispose() => _timer.Dispose();
}
