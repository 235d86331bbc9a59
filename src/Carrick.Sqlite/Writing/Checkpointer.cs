using Carrick.Sqlite.Raw;
using Carrick.Storage.Rows;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Carrick.Sqlite.Writing;

/// <summary>
/// Moves the log into the database file, on a connection and a thread of its own: nobody who waits for a commit waits for a checkpoint.
/// The log starts again from its beginning only when all of it has been moved, which commits beside the checkpoint prevent; so when
/// the log has grown long, the last few pages are moved while no commit runs.
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    /// <summary>Pages that are moved at once while commits are small: little at a time, because the disk makes a commit wait for what is moved.</summary>
    private const long Few = 256;

    /// <summary>Pages that are moved at once while commits are full: a page that was written many times is then moved once.</summary>
    private const long Many = 4_096;

    /// <summary>Commands in a commit that is called full.</summary>
    private const long FullCommit = 16;

    /// <summary>Pages of a log that is to start again: 64 MiB.</summary>
    private const long LongLog = 16_384;

    /// <summary>Pages that may be left to be moved while no commit runs.</summary>
    private const long Rest = 64;

    private const int MostRounds = 8;

    private readonly SqliteFile _file;
    private readonly Database _database;
    private readonly SemaphoreSlim _gate;
    private readonly StoreCounters _counters;
    private readonly CancellationTokenSource _stop = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private volatile StoreException? _failure;
    private long _pages;
    private long _commits;
    private long _commands;

    /// <param name="file">What is opened.</param>
    /// <param name="gate">Held by whoever commits.</param>
    /// <param name="counters">What was written.</param>
    public Checkpointer(SqliteFile file, SemaphoreSlim gate, StoreCounters counters)
    {
        _file = file;
        _gate = gate;
        _counters = counters;
        _database = file.OpenWriter("PRAGMA wal_autocheckpoint = 0;");
        _thread = new Thread(Run) { IsBackground = true, Name = "carrick-checkpoint" };
        _thread.Start();
    }

    /// <summary>Called between commits: starts a checkpoint if it is time, and does not wait for it.</summary>
    /// <exception cref="StoreException">An earlier checkpoint failed. It is told once.</exception>
    public void Offer(bool idle)
    {
        if (_failure is { } failure)
        {
            _failure = null;
            throw failure;
        }

        var full = _counters.Commands - Volatile.Read(ref _commands) >= FullCommit * (_counters.Commits - Volatile.Read(ref _commits));
        if (_counters.Pages - Volatile.Read(ref _pages) >= (full && !idle ? Many : Few))
        {
            _wake.Set();
        }
    }

    /// <summary>Ends the thread; a checkpoint that is under way ends first.</summary>
    public void Dispose()
    {
        if (!_stop.IsCancellationRequested)
        {
            _stop.Cancel();
            _wake.Set();
            _thread.Join();
            _database.Dispose();
            _wake.Dispose();
            _stop.Dispose();
        }
    }

    private void Run()
    {
        while (true)
        {
            _wake.WaitOne();
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            try
            {
                if (Move() >= LongLog)
                {
                    StartAgain();
                }
            }
            catch (SqliteException error)
            {
                _failure = SqliteErrors.Wrap(error, _file.Name, "checkpoint");
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Nothing may leave this thread: it would end the process. The log is as it was, and the next checkpoint moves it.
                _failure = new StoreException($"A checkpoint of '{_file.Name}' failed unexpectedly ({error.GetType().Name}).", StoreFailure.Transient, error);
            }
        }
    }

    private void StartAgain()
    {
        for (var round = 0; round < MostRounds && _counters.Pages - _pages > Rest; round++)
        {
            Move();
        }

        _gate.Wait(_stop.Token);
        try
        {
            Move();
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Moves what it can without waiting for readers or commits.</summary>
    /// <returns>The pages in the log.</returns>
    private long Move()
    {
        var (pages, commits, commands) = (_counters.Pages, _counters.Commits, _counters.Commands);
        var result = raw.sqlite3_wal_checkpoint_v2(_database.Handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out var log, out _);
        if (result is not (raw.SQLITE_OK or raw.SQLITE_BUSY))
        {
            throw SqliteErrors.Describe(_database.Handle, result);
        }

        Volatile.Write(ref _pages, pages);
        Volatile.Write(ref _commits, commits);
        Volatile.Write(ref _commands, commands);
        _counters.Checkpointed();
        return log;
    }
}
