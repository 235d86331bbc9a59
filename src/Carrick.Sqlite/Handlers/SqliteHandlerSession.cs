using System.Data;
using System.Data.Common;
using Carrick.Handlers;
using Carrick.Sqlite.Raw;
using Carrick.Sqlite.Writing;
using Carrick.Storage.Commands;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Carrick.Sqlite.Handlers;

/// <summary>Deliveries one after another in one outer transaction, each in a savepoint.</summary>
internal sealed class SqliteHandlerSession : IHandlerSession
{
    private readonly string _name;
    private readonly DatabaseThread _thread;
    private readonly Database _database;
    private readonly sqlite3 _handle;
    private readonly EngineLink? _engine;
    private readonly WorkWriter? _work;
    private readonly Ledger _ledger;
    private readonly List<CompleteCommand> _kept = [];
    private readonly Statement _save;
    private readonly Statement _release;
    private readonly Statement _undo;
    private SqliteTransaction? _transaction;
    private int _holdsGate;
    private volatile bool _isAbandoned;
    private long _pages;

    /// <param name="name">The database, for errors.</param>
    /// <param name="thread">On which it is called, and handlers with it as long as they do not wait; ends with the session.</param>
    /// <param name="database">The connection; disposed with the session.</param>
    /// <param name="engine">The store, if it is the engine's database.</param>
    public SqliteHandlerSession(string name, DatabaseThread thread, Database database, EngineLink? engine)
    {
        try
        {
            (_name, _thread) = (name, thread);
            _database = database;
            _handle = database.Handle;
            database.Connection.StateChange += RefuseToOpen;
            _engine = engine;
            _work = engine?.CreateWriter(database);
            _ledger = new Ledger(database);
            _save = database["SAVEPOINT carrick"];
            _release = database["RELEASE carrick"];
            _undo = database["ROLLBACK TO carrick"];
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    public DbConnection Connection => _database.Connection;

    public DbTransaction Transaction => Open;

    private SqliteTransaction Open => _transaction ?? throw new InvalidOperationException("No transaction is open.");

    public Exception? FailureBehind(Exception thrown)
    {
        for (var exception = thrown; exception is not null; exception = exception.InnerException)
        {
            if (exception is SqliteException error && SqliteErrors.IsOfTheDisk(error.SqliteErrorCode))
            {
                return SqliteErrors.Wrap(error, _name, "write");
            }
        }

        return null;
    }

    public async ValueTask<LedgerVerdict> BeginAsync(LedgerEntry entry, CancellationToken cancellationToken)
    {
        await _thread;
        await OpenTransactionAsync(cancellationToken).ConfigureAwait(false);
        return Guard(() =>
        {
            _save.Run();
            var verdict = _ledger.Write(entry);
            if (verdict != LedgerVerdict.First)
            {
                _release.Run();
            }

            return verdict;
        });
    }

    public async ValueTask AddToOutboxAsync(OutboxMessage message, CancellationToken cancellationToken)
    {
        await _thread;
        Guard(() =>
        {
            Outbox.Add(_database, message);
            return true;
        });
    }

    public async ValueTask<bool> KeepAsync(CompleteCommand completion, CancellationToken cancellationToken)
    {
        await _thread;
        return Guard(() =>
        {
            RequireOurTransaction();
            if (_engine is not null && !_engine.Complete(_database, _work!, completion))
            {
                Undo();
                return false;
            }

            Release();
            _kept.Add(completion);
            return true;
        });
    }

    public async ValueTask DiscardAsync(CancellationToken cancellationToken)
    {
        await _thread;
        Guard(() =>
        {
            RequireOurTransaction();
            Undo();
            return true;
        });
    }

    public async ValueTask DeleteFromOutboxAsync(IReadOnlyList<long> ids, CancellationToken cancellationToken)
    {
        await _thread;
        await OpenTransactionAsync(cancellationToken).ConfigureAwait(false);
        Guard(() =>
        {
            Outbox.Delete(_database, ids);
            return true;
        });
    }

    public async ValueTask<LedgerCursor?> PruneLedgerAsync(LedgerCursor after, DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        await _thread;
        await OpenTransactionAsync(cancellationToken).ConfigureAwait(false);
        return Guard(() => _ledger.Prune(after, before, limit));
    }

    public async ValueTask<bool> CommitAsync(CancellationToken cancellationToken)
    {
        await _thread;
        if (_transaction is { } transaction)
        {
            Guard(() =>
            {
                transaction.Commit();
                return true;
            });
            _engine?.Committed(_kept.Count, _database.PagesWritten() - _pages);
            _kept.Clear();
            End();
        }

        return true;
    }

    public async ValueTask RollbackAsync()
    {
        await _thread;
        foreach (var completion in _kept)
        {
            completion.Applied = false;
        }

        _kept.Clear();
        try
        {
            if (_transaction is { Connection: not null } && !_database.InTransaction)
            {
                // Plain SQL ended it behind the object's back; give the object something to end.
                _database["BEGIN"].Run();
            }
        }
        catch (SqliteException)
        {
            // A broken connection: the next use of it says so.
        }

        End();
    }

    public async ValueTask AbandonAsync()
    {
        _isAbandoned = true;
        await Eviction.RunAsync(_handle).ConfigureAwait(false);
        ReleaseGate();
    }

    public async ValueTask DisposeAsync()
    {
        await RollbackAsync().ConfigureAwait(false);
        await _thread;
        _database.Dispose();
        _thread.Dispose();
    }

    private async ValueTask OpenTransactionAsync(CancellationToken cancellationToken)
    {
        if (_transaction is not null)
        {
            return;
        }

        if (_engine is not null)
        {
            await _engine.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
            _holdsGate = 1;
            await _thread;
        }

        try
        {
            // For writing at once: a later upgrade from a reading transaction would fail without waiting.
            _transaction = Guard(() => _database.Connection.BeginTransaction(deferred: false));
            _pages = _database.PagesWritten();
        }
        catch
        {
            End();
            throw;
        }
    }

    private void End()
    {
        try
        {
            _transaction?.Dispose();
        }
        catch (SqliteException)
        {
            // SQLite rolls back by itself when the connection is closed; until then a new transaction fails.
        }
        finally
        {
            _transaction = null;
            ReleaseGate();
        }
    }

    private void ReleaseGate()
    {
        if (Interlocked.Exchange(ref _holdsGate, 0) == 1)
        {
            _engine!.Gate.Release();
        }
    }

    private void Release()
    {
        try
        {
            _release.Run();
        }
        catch (SqliteException error) when (error.SqliteErrorCode == raw.SQLITE_ERROR)
        {
            throw Ended(error);
        }
    }

    private void Undo()
    {
        _undo.Run();
        _release.Run();
    }

    private void RequireOurTransaction()
    {
        if (Open.Connection is null || !_database.InTransaction)
        {
            throw Ended(null);
        }
    }

    // Libraries open a connection that they find closed, and would write there outside of any transaction of ours.
    private void RefuseToOpen(object? sender, StateChangeEventArgs change)
    {
        if (_isAbandoned && change.CurrentState == ConnectionState.Open)
        {
            _database.Connection.Close();
            throw new InvalidOperationException("The handler was abandoned: its connection is not opened again.");
        }
    }

    private static InvalidOperationException Ended(Exception? inner) => new(
        "The handler ended the transaction. A handler must not commit or roll back; to undo its work it throws.", inner);

    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Wrap(error, _name, "write");
        }
    }
}
