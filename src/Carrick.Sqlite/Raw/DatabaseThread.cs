using System.Runtime.CompilerServices;

namespace Carrick.Sqlite.Raw;

/// <summary>
/// A thread for calls of SQLite, which block it until the disk has answered, or until a lock is free: threads of the pool, which receive, are not for that.
/// Whoever awaits it goes on there, and at once if it is there already. Thread-safe.
/// </summary>
internal sealed class DatabaseThread : IDisposable
{
    private readonly object _gate = new();
    private readonly Queue<Action> _next = new();
    private readonly Thread _thread;
    private bool _ends;

    public DatabaseThread(string name)
    {
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Runs one action on a thread made for it; what follows runs on the pool again.</summary>
    public static Task<T> RunAsync<T>(string name, Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                done.TrySetResult(action());
            }
            catch (Exception exception)
            {
                done.TrySetException(exception);
            }
        })
        { IsBackground = true, Name = name };
        thread.Start();
        return done.Task;
    }

    public Awaiter GetAwaiter() => new(this);

    /// <summary>The thread ends when it has done what it was given; what is given to it later runs on the pool.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _ends = true;
            Monitor.Pulse(_gate);
        }
    }

    private void Post(Action continuation)
    {
        lock (_gate)
        {
            if (!_ends)
            {
                _next.Enqueue(continuation);
                Monitor.Pulse(_gate);
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(static next => next(), continuation, preferLocal: false);
    }

    private void Run()
    {
        while (Take() is { } next)
        {
            // It belongs to an asynchronous method, which keeps what it throws in its task.
            next();
        }
    }

    private Action? Take()
    {
        lock (_gate)
        {
            while (_next.Count == 0 && !_ends)
            {
                Monitor.Wait(_gate);
            }

            return _next.TryDequeue(out var next) ? next : null;
        }
    }

    public readonly struct Awaiter(DatabaseThread thread) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => Thread.CurrentThread == thread._thread;

        public void OnCompleted(Action continuation) => thread.Post(continuation);

        public void UnsafeOnCompleted(Action continuation) => thread.Post(continuation);

        public void GetResult()
        {
        }
    }
}
