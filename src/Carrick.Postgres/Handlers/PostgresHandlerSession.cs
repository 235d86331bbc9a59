using System.Data;
using System.Data.Common;
using Carrick.Handlers;
using Carrick.Postgres.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Handlers;

/// <summary>
/// Deliveries one after another in one outer transaction, each in a savepoint. Setting the savepoint and writing the ledger is one round trip,
/// completing the work is another, and the savepoint is released with the next delivery's.
/// </summary>
internal sealed class PostgresHandlerSession(PostgresDatabase database, NpgsqlConnection connection, PostgresStore? engine) : IHandlerSession
{
    private const string Save = "SAVEPOINT carrick";
    private const string Release = "RELEASE SAVEPOINT carrick";

    // The delete of the work row is the fence; the node's row keeps out a process that was taken for dead. In a transaction that is not ours
    // any more, because the handler has ended it, nothing may be completed either.
    private const string Complete =
        """
        WITH changed AS (
            DELETE FROM ~work WHERE consumer = $1 AND id = $2 AND pg_current_xact_id_if_assigned()::text = $16
                AND EXISTS (SELECT 1 FROM ~nodes WHERE id = $3) RETURNING id),
        tried AS (
            INSERT INTO ~attempts (delivery, number, started_at, duration, category, status_code, error, next_due_at)
            SELECT id, $4, $5, $6, $7, $8, $9, $10 FROM changed WHERE $4 IS NOT NULL)
        INSERT INTO ~outcomes (delivery, consumer, event, outcome, at, attempts, replay_of)
        SELECT id, $1, $11, $12, $13, $14, $15 FROM changed
        """;

    private readonly List<CompleteCommand> _kept = [];
    private NpgsqlTransaction? _transaction;
    private string? _id;
    private bool _released = true;

    public DbConnection Connection => connection;

    public DbTransaction Transaction => Open;

    private NpgsqlTransaction Open => _transaction ?? throw new InvalidOperationException("No transaction is open.");

    public StoreException? FailureBehind(Exception thrown)
    {
        for (var exception = thrown; exception is not null; exception = exception.InnerException)
        {
            if (exception is NpgsqlException error && (connection.FullState != ConnectionState.Open || PostgresErrors.IsOfTheServer(error)))
            {
                return PostgresErrors.Wrap(error, database.Name, "write");
            }
        }

        return null;
    }

    public async ValueTask<LedgerVerdict> BeginAsync(LedgerEntry entry, CancellationToken cancellationToken)
    {
        await OpenTransactionAsync(cancellationToken).ConfigureAwait(false);
        return await GuardAsync(async () =>
        {
            var first = await BeginOneAsync(Command(Ledger.Insert, Ledger.ParametersOf(entry)), cancellationToken).ConfigureAwait(false);
            var verdict = !first && !entry.Force ? LedgerVerdict.AlreadyProcessed
                : await IsLateAsync(entry, cancellationToken).ConfigureAwait(false) ? LedgerVerdict.Late
                : LedgerVerdict.First;
            if (verdict != LedgerVerdict.First)
            {
                await RunAsync([new(Release)], 0, cancellationToken).ConfigureAwait(false);
            }

            return verdict;
        }).ConfigureAwait(false);
    }

    public async ValueTask AddToOutboxAsync(OutboxMessage message, CancellationToken cancellationToken) => await GuardAsync(async () =>
    {
        await using var command = new NpgsqlCommand(database.Sql(Ledger.AddToOutbox), connection);
        command.Parameters.AddRange(Ledger.ParametersOf(message));
        message.Id = (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        return true;
    }).ConfigureAwait(false);

    public ValueTask<bool> KeepAsync(CompleteCommand completion, CancellationToken cancellationToken) => GuardAsync(async () =>
    {
        _ = Open;
        if (engine is null)
        {
            await ReleaseAsync([new(Release)], cancellationToken).ConfigureAwait(false);
        }
        else
        {
            completion.Applied = engine.State.Ids.Owns(completion.Item.Id)
                && await RunAsync([Command(Complete, ParametersOf(completion, engine.Node, _id))], 0, cancellationToken).ConfigureAwait(false) == 1;
            if (!completion.Applied)
            {
                await UndoAsync(cancellationToken).ConfigureAwait(false);
                return false;
            }

            // With the next delivery, in the same round trip; the commit needs none.
            _released = false;
        }

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
        await GuardAsync(() => RunAsync([Command(Ledger.DeleteFromOutbox, [P.Int64s([.. ids])])], 0, cancellationToken)).ConfigureAwait(false);
    }

    public async ValueTask<LedgerCursor?> PruneLedgerAsync(LedgerCursor after, DateTimeOffset before, int limit, CancellationToken cancellationToken)
    {
        await OpenTransactionAsync(cancellationToken).ConfigureAwait(false);
        return await GuardAsync(async () =>
        {
            await using var command = new NpgsqlCommand(database.Sql(Ledger.Prune), connection)
            {
                Parameters = { P.Text(after.Consumer), P.Text(after.Integration), P.Text(after.MessageId), P.Int64(limit), P.Int64(UnixTime.Of(before)) },
            };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            var (rows, last) = (0, after);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                (rows, last) = (rows + 1, Ledger.ReadCursor(reader));
            }

            return rows < limit ? (LedgerCursor?)null : last;
        }).ConfigureAwait(false);
    }

    public async ValueTask CommitAsync(CancellationToken cancellationToken)
    {
        if (_transaction is not { } transaction)
        {
            return;
        }

        await GuardAsync(async () =>
        {
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
        engine?.Committed(_kept.Count);
        _kept.Clear();
        await EndAsync().ConfigureAwait(false);
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

    public async ValueTask DisposeAsync()
    {
        await RollbackAsync().ConfigureAwait(false);
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    private static NpgsqlParameter[] ParametersOf(CompleteCommand completion, long node, string? transaction)
    {
        var (item, attempt) = (completion.Item, completion.Attempt);
        return
        [
            P.Int32(item.Consumer), P.Int64(item.Id.Key), P.Int64(node), P.Int32(attempt?.Number), P.Int64(attempt is null ? null : UnixTime.Of(attempt.StartedAt)),
            P.Int64(attempt?.Duration.Ticks / TimeSpan.TicksPerMicrosecond), P.Int32((int?)attempt?.Category), P.Int32(attempt?.StatusCode), P.Text(attempt?.Error),
            P.Int64(attempt?.NextDueAt is { } due ? UnixTime.Due(due) : null), P.Int64(item.EventId.Key), P.Int32((int)completion.Outcome),
            P.Int64(UnixTime.Of(completion.At)), P.Int32(attempt?.Number ?? item.Attempts), P.Int64(item.ReplayOf?.Key), P.Text(transaction),
        ];
    }

    /// <summary>Releases the savepoint of the delivery before, sets the next, writes the ledger and, for the first delivery of a transaction, asks for the
    /// number of the transaction: one round trip.</summary>
    private async Task<bool> BeginOneAsync(NpgsqlBatchCommand insert, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (!_released)
        {
            batch.BatchCommands.Add(new(Release));
        }

        _released = true;
        batch.BatchCommands.Add(new(Save));
        batch.BatchCommands.Add(insert);
        if (engine is null || _id is not null)
        {
            var writing = batch.ExecuteNonQueryAsync(cancellationToken);
            await (engine is null ? LedgerWait.EndAsync(database, writing) : writing).ConfigureAwait(false);
        }
        else
        {
            batch.BatchCommands.Add(new("SELECT pg_current_xact_id()::text"));
            _id = (string?)await batch.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }

        return insert.RecordsAffected == 1;
    }

    private async Task<bool> IsLateAsync(LedgerEntry entry, CancellationToken cancellationToken) =>
        entry is { Subject: { } subject, Version: { } version }
        && await RunAsync([Command(Ledger.RaiseVersion, [P.Text(entry.Consumer), P.Text(subject), P.Int64(version)])], 0, cancellationToken).ConfigureAwait(false) == 0
        && !entry.Force;

    private async ValueTask OpenTransactionAsync(CancellationToken cancellationToken)
    {
        if (_transaction is not null)
        {
            return;
        }

        _transaction = await GuardAsync(() => connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken).AsTask()).ConfigureAwait(false);
    }

    private async Task UndoAsync(CancellationToken cancellationToken) =>
        await ReleaseAsync([new("ROLLBACK TO SAVEPOINT carrick"), new(Release)], cancellationToken).ConfigureAwait(false);

    private async Task ReleaseAsync(NpgsqlBatchCommand[] commands, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(commands, 0, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.InvalidSavepointSpecification or PostgresErrorCodes.NoActiveSqlTransaction)
        {
            throw Ended(error);
        }
    }

    // A connection that cannot even roll back is not used again: the server rolls back with its session.
    private async ValueTask EndAsync()
    {
        if (_transaction is { } transaction)
        {
            (_transaction, _id, _released) = (null, null, true);
            try
            {
                await transaction.DisposeAsync().ConfigureAwait(false);
            }
            catch (NpgsqlException)
            {
                await connection.CloseAsync().ConfigureAwait(false);
            }
        }
    }

    private NpgsqlBatchCommand Command(string sql, NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlBatchCommand(database.Sql(sql));
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
            throw new InvalidOperationException(
                "A statement of the handler failed and the handler went on. PostgreSQL keeps nothing of such a transaction: let the exception pass, or use a savepoint.",
                error);
        }
        catch (NpgsqlException error)
        {
            throw PostgresErrors.Wrap(error, database.Name, "write");
        }
        catch (InvalidOperationException error) when (connection.FullState.HasFlag(ConnectionState.Broken))
        {
            // Lost before, which only the handler has heard of; it may have said nothing, or something else. It has not closed the connection.
            throw new StoreException($"The connection to PostgreSQL was lost while trying to write '{database.Name}'.", StoreFailure.Transient, error);
        }
    }

    private static InvalidOperationException Ended(Exception? inner) => new(
        "The handler ended the transaction. A handler must not commit or roll back; to undo its work it throws.", inner);
}
