using Carrick.Sqlite.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Carrick.Sqlite.Writing;

/// <summary>The one connection that writes. Used by whoever holds the gate; not thread-safe.</summary>
internal sealed class StoreWriter : IDisposable
{
    private readonly SqliteFile _file;
    private readonly Database _database;
    private readonly CommandWriter _commands;
    private readonly Checkpointer _checkpointer;
    private readonly StoreCounters _counters;
    private readonly Statement _begin;
    private readonly Statement _commit;
    private readonly Statement _rollback;
    private readonly Statement _epoch;
    private long _pages;
    private StoreException? _broken;

    public StoreWriter(SqliteFile file, Database database, IdSpace ids, long epoch, StoreCounters counters, SemaphoreSlim gate)
    {
        _file = file;
        _database = database;
        _counters = counters;
        Epoch = epoch;
        _commands = new CommandWriter(database, ids);
        _checkpointer = new Checkpointer(file, gate, counters);
        _begin = database["BEGIN IMMEDIATE"];
        _commit = database["COMMIT"];
        _rollback = database["ROLLBACK"];
        _epoch = database["SELECT epoch FROM leases WHERE shard = 0"];
        _pages = database.PagesWritten();
    }

    public long Epoch { get; }

    /// <summary>One durable transaction.</summary>
    /// <exception cref="StoreException">Nothing was applied, unless fatal.</exception>
    public void Commit(IReadOnlyList<StoreCommand> commands)
    {
        var committed = false;
        try
        {
            committed = Transact(
                () =>
                {
                    for (var i = 0; i < commands.Count; i++)
                    {
                        _commands.Apply(commands[i]);
                    }
                },
                commands.Count);
            if (!committed && commands.Any(command => command is not WorkCommand))
            {
                throw Taken();
            }
        }
        finally
        {
            if (!committed)
            {
                for (var i = 0; i < commands.Count; i++)
                {
                    commands[i].Forget();
                }
            }
        }
    }

    /// <summary>Runs <paramref name="change"/> in a durable transaction of the owner.</summary>
    /// <returns><see langword="false"/> if somebody else has taken the store over; nothing was changed then.</returns>
    public bool Transact(Action change, int commands)
    {
        if (_broken is { } broken)
        {
            throw new StoreException(broken.Message, broken.Failure, broken);
        }

        try
        {
            _begin.Run();
            var ours = _epoch.Scalar() == Epoch;
            if (ours)
            {
                change();
                _commit.Run();
                var pages = _database.PagesWritten();
                _counters.Committed(commands, pages - _pages);
                _pages = pages;
            }

            return ours;
        }
        catch (SqliteException error)
        {
            throw Fail(error, "write");
        }
        finally
        {
            Rollback();
        }
    }

    /// <summary>Has the log moved if it is time, beside the commits that follow.</summary>
    /// <exception cref="StoreException">An earlier checkpoint failed.</exception>
    public void Checkpoint(bool idle)
    {
        try
        {
            _checkpointer.Offer(idle);
        }
        catch (StoreException failure) when (failure.Failure == StoreFailure.Fatal)
        {
            _broken = failure;
            throw;
        }
    }

    /// <summary>Ends the checkpoints and empties the log; what a reader holds stays in the log, which is safe.</summary>
    public void Truncate()
    {
        _checkpointer.Dispose();
        var result = raw.sqlite3_wal_checkpoint_v2(_database.Handle, "main", raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _);
        if (result is not (raw.SQLITE_OK or raw.SQLITE_BUSY))
        {
            throw Fail(SqliteErrors.Describe(_database.Handle, result), "checkpoint");
        }

        _counters.Checkpointed();
    }

    public Names ReadNames() => Catalog.ReadNames(_database);

    public Database Database => _database;

    public StoreException Taken() =>
        new($"'{_file.Name}' was taken over by another process; this one can write nothing any more.", StoreFailure.Taken);

    public void Dispose()
    {
        _checkpointer.Dispose();
        _commands.Dispose();
        _database.Dispose();
    }

    // After a failed write to the disk the state of its pages is unknown, so a second try could seem to succeed: never try again.
    private StoreException Fail(SqliteException error, string action)
    {
        var failure = SqliteErrors.Wrap(error, _file.Name, action);
        if (failure.Failure == StoreFailure.Fatal)
        {
            _broken = failure;
        }

        return failure;
    }

    // SQLite ends the transaction itself after some errors.
    private void Rollback()
    {
        if (_database.InTransaction)
        {
            try
            {
                _rollback.Run();
            }
            catch (SqliteException error)
            {
                _broken = SqliteErrors.Wrap(error, _file.Name, "roll back");
            }
        }
    }
}
