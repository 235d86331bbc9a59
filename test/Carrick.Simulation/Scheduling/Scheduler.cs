namespace Carrick.Simulation.Scheduling;

/// <summary>
/// Virtual time, and the one who moves it. Everything that takes time is a step at a time drawn from the seed; the scheduler takes the next
/// one only when nothing else can run, so that all that follows from one step happens before the next.
/// </summary>
/// <remarks>
/// It is a work item of the thread pool, which has one worker: while the engine has continuations waiting there, it queues itself behind
/// them. So there is no second thread that could run at another pace in another run.
/// </remarks>
internal sealed class Scheduler(Chance chance) : IThreadPoolWorkItem
{
    private readonly PriorityQueue<Action, (long At, ulong Tie)> _steps = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Func<bool>? _isOver;

    /// <summary>Steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Virtual time since the beginning; never steps back.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>Whether this process can repeat a run.</summary>
    public static bool IsDeterministic
    {
        get
        {
            ThreadPool.GetMaxThreads(out var workers, out _);
            return workers == 1;
        }
    }

    /// <summary>Runs until all is over, or nothing is left to do.</summary>
    public Task RunAsync(Func<bool> isOver)
    {
        _isOver = isOver;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return _ended.Task;
    }

    /// <summary>Something happens after a time; steps of one time are taken in an order drawn from the seed.</summary>
    public void After(TimeSpan time, Action step) => _steps.Enqueue(step, ((Elapsed + time).Ticks, chance.Next()));

    /// <summary>A pause of the world, which outlives every life of the engine.</summary>
    public Task PauseAsync(TimeSpan time)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        After(time, ended.SetResult);
        return ended.Task;
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (ThreadPool.PendingWorkItemCount == 0)
        {
            try
            {
                if (_isOver!() || !_steps.TryDequeue(out var step, out var when))
                {
                    _ended.SetResult();
                    return;
                }

                Elapsed = TimeSpan.FromTicks(Math.Max(Elapsed.Ticks, when.At));
                Steps++;
                step();
            }
            catch (Exception exception)
            {
                _ended.SetException(exception);
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }
}
