using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Carrick.Sqlite.Reading;

/// <summary>
/// A few threads, each with a read-only connection of its own. A call of SQLite blocks its thread until the disk has answered: here it blocks one
/// of these, and none that receives. Each read is short, so that none holds up a checkpoint. Thread-safe.
/// </summary>
internal sealed class ReaderPool : IDisposable
{
    private const int StackSize = 256 * 1024;
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(5);
    private readonly SqliteFile _file;
    private readonly ReaderLimits _limits;
    private readonly TimeProvider _time;
    private readonly object _gate = new();
    private readonly Queue<Read> _waiting = new();
    private readonly List<Thread> _threads = [];
    private readonly CancellationTokenSource _closing = new();
    private int _idle;
    private long _reads;

    public ReaderPool(SqliteFile file, ReaderLimits limits, TimeProvider time) => (_file, _limits, _time) = (file, limits, time);

    /// <summary>Reads so far.</summary>
    public long Reads => Volatile.Read(ref _reads);

    /// <summary>Runs one read: all its statements see one snapshot.</summary>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    /// <exception cref="QueryRefusedException">Too many wait, or it took too long.</exception>
    public async ValueTask<T> ReadAsync<TState, T>(TState state, Func<Database, TState, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var next = new Read<TState, T>(state, read, _time.GetTimestamp(), cancellationToken);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
            if (_waiting.Count >= _limits.Waiting)
            {
                throw QueryRefusedException.Busy();
            }

            _waiting.Enqueue(next);
            if (_waiting.Count <= _idle)
            {
                Monitor.Pulse(_gate);
            }
            else if (_threads.Count < _limits.Threads)
            {
                var thread = new Thread(Run, StackSize) { IsBackground = true, Name = _limits.Name };
                _threads.Add(thread);
                thread.Start();
            }
        }

        return await next.Task.ConfigureAwait(false);
    }

    /// <summary>Ends the threads; a read that is under way is interrupted.</summary>
    public void Dispose()
    {
        Thread[] threads;
        lock (_gate)
        {
            if (_closing.IsCancellationRequested)
            {
                return;
            }

            threads = [.. _threads];
            _closing.Cancel();
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in threads)
        {
            thread.Join(EndsWithin);
        }
    }

    private void Run()
    {
        if (_limits.IsBehindOthers)
        {
            LowPriority.Apply();
        }

        var reader = new Reader();
        while (Take() is { } read)
        {
            Interlocked.Increment(ref _reads);
            Serve(reader, read);
        }

        Drop(reader);
    }

    private Read? Take()
    {
        lock (_gate)
        {
            while (_waiting.Count == 0 && !_closing.IsCancellationRequested)
            {
                _idle++;
                Monitor.Wait(_gate);
                _idle--;
            }

            if (!_closing.IsCancellationRequested)
            {
                return _waiting.Dequeue();
            }

            foreach (var read in _waiting)
            {
                read.Fail(new ObjectDisposedException(nameof(ReaderPool)));
            }

            _waiting.Clear();
            return null;
        }
    }

    private void Serve(Reader reader, Read read)
    {
        if (read.Token.IsCancellationRequested)
        {
            read.Cancel();
            return;
        }

        if (IsLate(read))
        {
            read.Fail(QueryRefusedException.Busy());
            return;
        }

        try
        {
            reader.Read = read;
            read.Run(reader.Database ??= Open(reader));
        }
        catch (SqliteException error) when (error.SqliteErrorCode == raw.SQLITE_INTERRUPT)
        {
            Drop(reader);
            if (read.Token.IsCancellationRequested)
            {
                read.Cancel();
            }
            else
            {
                read.Fail(_closing.IsCancellationRequested ? new ObjectDisposedException(nameof(ReaderPool)) : QueryRefusedException.TooSlow(_limits.Time ?? default, error));
            }
        }
        catch (SqliteException error)
        {
            Drop(reader);
            read.Fail(SqliteErrors.Wrap(error, _file.Name, "read"));
        }
        catch (Exception error)
        {
            // A statement may stand in the middle of its rows; the connection is not used again.
            Drop(reader);
            read.Fail(error);
        }
    }

    private bool IsLate(Read read) => _limits.Time is { } limit && _time.GetElapsedTime(read.Since) >= limit;

    // Nothing may leave the thread: it would end the process.
    private static void Drop(Reader reader)
    {
        try
        {
            reader.Database?.Dispose();
        }
        catch (SqliteException)
        {
            // It was read only, and its file is closed with the process at the latest.
        }

        reader.Database = null;
    }

    private Database Open(Reader reader)
    {
        var database = Database.Open(
            _file.ConnectionString(readOnly: true), "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA mmap_size = 0;");
        database.StopWhen(() => reader.Read is { } read && (read.Token.IsCancellationRequested || _closing.IsCancellationRequested || IsLate(read)));
        return database;
    }

    /// <summary>A thread's connection, and what it reads.</summary>
    private sealed class Reader
    {
        public Database? Database { get; set; }

        public Read? Read { get; set; }
    }

    private abstract class Read(long since, CancellationToken token)
    {
        public long Since { get; } = since;

        public CancellationToken Token { get; } = token;

        public abstract void Run(Database database);

        public abstract void Cancel();

        public abstract void Fail(Exception exception);
    }

    private sealed class Read<TState, T>(TState state, Func<Database, TState, T> read, long since, CancellationToken token) : Read(since, token)
    {
        // What waits for it does not go on here.
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => _done.Task;

        public override void Run(Database database)
        {
            database["BEGIN"].Run();
            var result = read(database, state);
            database["COMMIT"].Run();
            _done.TrySetResult(result);
        }

        public override void Cancel() => _done.TrySetCanceled(Token);

        public override void Fail(Exception exception) => _done.TrySetException(exception);
    }
}

/// <summary>How much a pool may do at once.</summary>
/// <param name="Name">The name of its threads.</param>
/// <param name="Threads">The most threads; they are started when they are needed.</param>
/// <param name="Waiting">Reads that may wait for a thread.</param>
/// <param name="Time">How long one may take, its wait included; <see langword="null"/> for as long as it takes.</param>
internal sealed record ReaderLimits(string Name, int Threads, int Waiting, TimeSpan? Time)
{
    /// <summary>For what the engine reads, and for what is found by its key.</summary>
    public static ReaderLimits Engine { get; } = new("carrick-read", 2, int.MaxValue, null);

    /// <summary>For lists and searches: half of the processors at most, so that the others receive.</summary>
    public static ReaderLimits Searches(TimeSpan time) => new("carrick-search", Math.Clamp(Environment.ProcessorCount / 2, 1, 4), 64, time) { IsBehindOthers = true };

    /// <summary>Its threads run when no other wants the processor.</summary>
    public bool IsBehindOthers { get; init; }
}
