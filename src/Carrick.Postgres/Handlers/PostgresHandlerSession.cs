using System.Data;
using System.Data.Common;
using Carrick.Handlers;
using Carrick.Postgres.Raw;
using Carrick.Postgres.Writing;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Handlers;

/// <summary>
/// Deliveries one after another in one outer transaction, each in a savepoint. The ledger of those that are announced is written by one statement, and their
/// savepoints go with the first statement of their handlers, so that a delivery costs no round trip of its own. For others, releasing the savepoint of the one
/// before, setting the next and writing the ledger is one. All are completed by one statement before the commit.
/// </summary>
internal sealed partial class PostgresHandlerSession(PostgresDatabase database, HandlerSql sql, NpgsqlConnection connection, LostTransactions lost, PostgresStore? engine) : IHandlerSession
{
    private const string Savepoint = "carrick";
    private const string Save = $"SAVEPOINT {Savepoint}";
    private const string Undo = $"ROLLBACK TO SAVEPOINT {Savepoint}";
    private const string Release = $"RELEASE SAVEPOINT {Savepoint}";

    // Our last statements in the transaction: no plan of a handler is affected. They use the indexes also of an empty table,
    // and are planned once: for a few rows the server would plan anew each time.
    // Rows of work are locked from here to the commit. If that never comes, because the connection is forgotten or this process stands still, the commits of
    // all nodes would wait for them, so the server ends the session then.
    private const string HandlersEnded =
        """
        SELECT pg_current_xact_id_if_assigned()::text, set_config('carrick.handlers', 'ended', true), set_config('enable_seqscan', 'off', true),
            set_config('plan_cache_mode', 'force_generic_plan', true), set_config('idle_in_transaction_session_timeout', '2s', true)
        """;

    private readonly List<CompleteCommand> _kept = [];
    private readonly int _process = connection.ProcessID;
    private NpgsqlTransaction? _transaction;
    private string? _id;
    private bool _released = true;
    private volatile bool _isAbandoned;
    private LedgerEntry? _toForget;

    public DbConnection Connection => connection;

    public DbTransaction Transaction => Open;

    private NpgsqlTransaction Open => _transaction ?? throw new InvalidOperationException("No transaction is open.");

    public Exception? FailureBehind(Exception thrown)
    {
        for (var exception = thrown; exception is not null; exception = exception.InnerException)
        {
            if (exception is PostgresException { SqlState: PostgresErrorCodes.InFailedSqlTransaction } failed && connection.FullState != ConnectionState.Open)
            {
                // It was the savepoint that failed, which the driver cannot go on from: the transaction was spoilt before this handler ran.
                return WentOn(failed);
            }

            if (PostgresErrors.IsOfTheDriver(exception) && (connection.FullState != ConnectionState.Open || PostgresErrors.IsOfTheServer(exception)))
            {
                return PostgresErrors.Wrap(exception, database.Name, "write");
            }
        }

        return null;
    }

    public async ValueTask AddToOutboxAsync(OutboxMessage message, CancellationToken cancellationToken) => await GuardAsync(async () =>
    {
        await using var command = new NpgsqlCommand(sql.AddToOutbox, connection);
        command.Parameters.AddRange(Ledger.ParametersOf(message));
        message.Id = (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        return true;
    }).ConfigureAwait(false);

    public ValueTask<bool> KeepAsync(CompleteCommand completion, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        RequireOurTransaction();
        if (engine is not null && (!engine.State.Ids.Owns(completion.Item.Id) || _kept.Exists(kept => kept.Item.Id == completion.Item.Id)))
        {
            await UndoAsync(cancellationToken).ConfigureAwait(false);
            return false;
        }

        // With the next delivery, in the same round trip.
        _released = false;
        _kept.Add(completion);
        return true;
    });

    public async ValueTask DiscardAsync(CancellationToken cancellationToken) => await GuardAsync(async () =>
    {
        await UndoAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }).ConfigureAwait(false);

    public async ValueTask DeleteFromOutboxAsync(IReadOnlyList<long> ids, CancellationToken cancellationToken)
    {
        await OpenTransactionAsync(cancellationToken).ConfigureAwait(false);
        await GuardAsync(() => RunAsync([Command(sql.DeleteFromOutbox, [P.Int64s([.. ids])])], 0, cancellationToken)).ConfigureAwait(false);
    }

    public async ValueTask<LedgerCursor?> PruneLedgerAsync(LedgerCursor after, DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        await OpenTransactionAsync(cancellationToken).ConfigureAwait(false);
        return await GuardAsync(async () =>
        {
            await using var command = new NpgsqlCommand(sql.Prune, connection)
            {
                Parameters = { P.Text(after.Consumer), P.Text(after.Integration), P.Text(after.MessageId), P.Int64(limit), P.Int64(UnixTime.Of(before)) },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            return await reader.ReadAsync(cancellationToken).ConfigureAwait(false) ? Ledger.ReadCursor(reader) : (LedgerCursor?)null;
        }).ConfigureAwait(false);
    }

    public async ValueTask<bool> CommitAsync(CancellationToken cancellationToken)
    {
        if (_transaction is not { } transaction)
        {
            return true;
        }

        var isComplete = await GuardAsync(async () =>
        {
            if (!await CompleteAsync(cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
        if (isComplete)
        {
            engine?.Committed(_kept.Count);
        }

        _kept.Clear();
        await EndAsync().ConfigureAwait(false);
        return isComplete;
    }

    public async ValueTask RollbackAsync()
    {
        foreach (var completion in _kept)
        {
            completion.Applied = false;
        }

        _kept.Clear();
        await EndAsync().ConfigureAwait(false);
    }

    public async ValueTask AbandonAsync()
    {
        // By the server: the connection's objects are not thread-safe, and are disposed when the code that uses them has ended.
        _isAbandoned = true;
        connection.StateChange += RefuseToOpen;
        lost.AddAbandoned(_id, _process);
        await GuardAsync(async () =>
        {
            if (!await lost.EndAsync(CancellationToken.None).ConfigureAwait(false))
            {
                // All that is left to a role that may end no session: it ends one whose code is not inside a statement now.
                await connection.CloseAsync().ConfigureAwait(false);
            }

            return true;
        }).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await RollbackAsync().ConfigureAwait(false);
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Completes what was kept. Releasing the last savepoint shows whether the transaction is still sound, because PostgreSQL answers the commit of one that
    /// failed as if all were well; its number shows whether it is still ours, and not one that a handler began.</summary>
    private async Task<bool> CompleteAsync(CancellationToken cancellationToken)
    {
        if (_id is null)
        {
            return true;
        }

        await using var batch = new NpgsqlBatch(connection);
        if (!_released)
        {
            batch.BatchCommands.Add(new(Release));
        }

        batch.BatchCommands.Add(new(HandlersEnded));
        var completes = engine is not null && _kept.Count > 0;
        if (completes)
        {
            batch.BatchCommands.Add(Command(sql.Complete, [.. WorkWriter.ParametersOf(_kept), P.Int64(engine!.Node)]));
        }

        string? id;
        HashSet<long> found = [];
        await using (var reader = await EndsAsync(batch.ExecuteReaderAsync(cancellationToken)).ConfigureAwait(false))
        {
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            id = reader.IsDBNull(0) ? null : reader.GetString(0);
            while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    found.Add(reader.GetInt64(0));
                }
            }
        }

        _released = true;
        if (id != _id)
        {
            throw Ended(null);
        }

        if (completes)
        {
            foreach (var completion in _kept)
            {
                completion.Applied = found.Contains(completion.Item.Id.Key);
            }
        }

        return !completes || found.Count == _kept.Count;
    }

    private void RequireOurTransaction()
    {
        try
        {
            // It says so if the server has told that no transaction is open.
            _ = Open.IsolationLevel;
        }
        catch (InvalidOperationException error) when (!connection.FullState.HasFlag(ConnectionState.Broken))
        {
            throw Ended(error);
        }
    }

    private async ValueTask OpenTransactionAsync(CancellationToken cancellationToken)
    {
        if (_transaction is not null)
        {
            return;
        }

        _transaction = await GuardAsync(() => connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).AsTask()).ConfigureAwait(false);
    }

    private Task UndoAsync(CancellationToken cancellationToken)
    {
        NpgsqlBatchCommand[] undo = [new(Undo), new(Release)];
        return EndsAsync(RunAsync(
            _toForget is { } entry ? [.. undo, Command(sql.Forget, [P.Text(entry.Consumer), P.Text(entry.Integration), P.Text(entry.MessageId)])] : undo,
            0,
            cancellationToken));
    }

    /// <summary>Waits for statements that end a savepoint, which fail if the handler has ended the transaction.</summary>
    private static async Task<T> EndsAsync<T>(Task<T> running)
    {
        try
        {
            return await running.ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.InvalidSavepointSpecification or PostgresErrorCodes.NoActiveSqlTransaction)
        {
            throw Ended(error);
        }
    }

    // A connection that cannot even roll back is not used again: the server rolls back with its session, which the next one ends.
    private async ValueTask EndAsync()
    {
        if (_transaction is { } transaction)
        {
            var id = _id;
            (_transaction, _id, _released) = (null, null, true);
            _announced.Clear();
            try
            {
                await transaction.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (PostgresErrors.IsOfTheDriver(error))
            {
                await connection.CloseAsync().ConfigureAwait(false);
            }

            if (!connection.FullState.HasFlag(ConnectionState.Open) && !_isAbandoned)
            {
                lost.Add(id, _process);
            }
        }
    }

    // Libraries open a connection that they find closed, and would write there outside of any transaction of ours.
    private void RefuseToOpen(object sender, StateChangeEventArgs change)
    {
        if (change.CurrentState == ConnectionState.Open)
        {
            connection.Close();
            throw new InvalidOperationException("The handler was abandoned: its connection is not opened again.");
        }
    }

    private static NpgsqlBatchCommand Command(string text, NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(text);
        command.Parameters.AddRange(parameters);
        return command;
    }

    /// <returns>The rows that statement number <paramref name="counted"/> affected.</returns>
    private async Task<int> RunAsync(NpgsqlBatchCommand[] commands, int counted, CancellationToken cancellationToken)
    {
        // Without the transaction object, which refuses to be used when the handler has ended it: the server's answer says more.
        await using var batch = new NpgsqlBatch(connection);
        foreach (var command in commands)
        {
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        return commands[counted].RecordsAffected;
    }

    private async ValueTask<T> GuardAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InFailedSqlTransaction)
        {
            throw WentOn(error);
        }
        catch (Exception error) when (PostgresErrors.IsOfTheDriver(error))
        {
            throw PostgresErrors.Wrap(error, database.Name, "write");
        }
        catch (InvalidOperationException error) when (connection.FullState.HasFlag(ConnectionState.Broken))
        {
            // Lost before, which only the handler has heard of; it may have said nothing, or something else. It has not closed the connection.
            throw new StoreException($"The connection to PostgreSQL was lost while trying to write '{database.Name}'.", StoreFailure.Transient, error);
        }
    }

    private static InvalidOperationException WentOn(PostgresException error) => new(
        "A statement of the handler failed and the handler went on. PostgreSQL keeps nothing of such a transaction: let the exception pass, or use a savepoint.", error);

    private static InvalidOperationException Ended(Exception? inner) => new(
        "The handler ended the transaction. A handler must not commit or roll back; to undo its work it throws.", inner);
}
