using System.Data;
using Carrick.Postgres.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Writing;

/// <summary>
/// The one connection that commits. Every transaction first takes the store's lock, which lasts until its end, and then reads the epoch: so a take-over
/// waits for the commit that is under way, and every later one of the old owner finds that the store is no longer ours and rolls back.
/// Begin, lock, epoch and the first writes are one round trip; the COMMIT is another, so that the transaction's number is known when it is sent.
/// One caller at a time.
/// </summary>
internal sealed class StoreWriter(PostgresDatabase database, StoreState state, long lockKey, long epoch, StoreCounters counters) : IDisposable
{
    // Plans must use the indexes also while the statistics say that the tables are empty. A client that stands still in a transaction must not keep others waiting.
    private const string Settings =
        """
        SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true), set_config('idle_in_transaction_session_timeout', '10s', true),
            set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, true)
        """;

    private const string Owner = "SELECT epoch, pg_current_xact_id()::text, pg_backend_pid(), pg_postmaster_start_time()::text FROM ~leases WHERE shard = 0";

    private readonly CommandWriter _commands = new(state);
    private readonly EventPartitions _partitions = new(database.Schema);
    private NpgsqlConnection? _connection;
    private Doubt? _doubt;
    private DateTimeOffset? _dropBefore;
    private bool _sweeping;

    public long Epoch => epoch;

    /// <summary>One durable transaction.</summary>
    /// <exception cref="StoreException">Nothing was applied, unless unknown or fatal.</exception>
    public void Commit(IReadOnlyList<StoreCommand> commands)
    {
        var missing = _partitions.Missing(commands);
        var keep = false;
        try
        {
            keep = Transact(
                transaction =>
                {
                    missing.ForEach(day => _partitions.Create(transaction, day));
                    _commands.Apply(transaction, commands);
                },
                commands.Count);
            if (!keep && commands.Any(command => command is not WorkCommand))
            {
                throw Taken();
            }

            _partitions.Created(missing);
            Note(commands);
        }
        catch (StoreException failure) when (failure.Failure == StoreFailure.Unknown)
        {
            // The results stand for the case that it was committed.
            keep = true;
            _doubt = _doubt! with { Trace = CommitTrace.Of(commands) };
            throw;
        }
        finally
        {
            if (!keep)
            {
                foreach (var command in commands)
                {
                    command.Forget();
                }
            }
        }
    }

    /// <summary>Runs <paramref name="change"/> in a durable transaction of the owner.</summary>
    /// <returns><see langword="false"/> if somebody else has taken the store over; nothing was changed then.</returns>
    /// <exception cref="StoreException">Nothing was applied, unless unknown or fatal.</exception>
    public bool Transact(Action<WriteTransaction> change, int commands)
    {
        if (_doubt is not null)
        {
            throw new StoreException($"What became of the last commit in '{database.Name}' is not known yet.", StoreFailure.Transient);
        }

        var known = _connection is not null;
        try
        {
            return Try(change, commands);
        }
        catch (StoreException failure) when (known && _doubt is null && IsLost(failure))
        {
            // The server was restarted, or a firewall forgot the connection, since the last commit. Nothing was committed: once more on a new one.
            return Try(change, commands);
        }
    }

    /// <summary>Finds out what became of the commit whose outcome was unknown.</summary>
    /// <returns>Whether it is durable.</returns>
    /// <exception cref="StoreException">It is not known yet.</exception>
    public bool Settle()
    {
        if (_doubt is not { } doubt)
        {
            throw new InvalidOperationException("The outcome of no commit is unknown.");
        }

        try
        {
            using var command = new NpgsqlCommand("SELECT pg_xact_status($1::text::xid8)", Connect());
            command.Parameters.Add(P.Text(doubt.Transaction));
            var status = command.ExecuteScalar() as string;
            if (status is "committed" or "aborted")
            {
                var durable = status == "committed" && IsOurs(doubt);
                _doubt = null;
                return durable;
            }

            if (status is null)
            {
                throw new StoreException($"'{database.Name}' no longer knows what became of the transaction {doubt.Transaction}.", StoreFailure.Fatal);
            }

            // Its connection is lost to us, but the server may not have noticed; nobody else may use what it has locked.
            using var terminate = new NpgsqlCommand("SELECT pg_terminate_backend($1) WHERE pg_postmaster_start_time()::text = $2", _connection)
            {
                Parameters = { P.Int32(doubt.Backend), P.Text(doubt.ServerStarted) },
            };
            terminate.ExecuteNonQuery();
            throw new StoreException($"The last commit in '{database.Name}' is still under way.", StoreFailure.Transient);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InvalidParameterValue)
        {
            // The number is in the future: the server crashed before anything of the transaction was on disk, and counts from before it.
            _doubt = null;
            return false;
        }
        catch (NpgsqlException error)
        {
            Abandon();
            throw PostgresErrors.Wrap(error, database.Name, "read");
        }
    }

    /// <summary>Drops one day of events that is past its retention, if there is one; what is in use is left for the next time.</summary>
    public void DropOldDay()
    {
        if (_dropBefore is not { } before || _doubt is not null)
        {
            return;
        }

        _dropBefore = null;
        try
        {
            Transact(
                transaction =>
                {
                    // A reader of the table must not hold up receiving.
                    transaction.Run("SET LOCAL lock_timeout = '200ms'");
                    int[] consumers = [.. state.Names.ConsumerNumbers];
                    foreach (var day in EventPartitions.Older(transaction, before))
                    {
                        if (_partitions.TryDrop(transaction, day, consumers))
                        {
                            _dropBefore = before;
                            return;
                        }
                    }
                },
                1);
        }
        catch (StoreException failure) when (failure.InnerException is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable })
        {
            // In use: the next retention asks again.
        }
    }

    public StoreException Taken() =>
        new($"'{database.Name}' was taken over by another process; this one can write nothing any more.", StoreFailure.Taken);

    public void Dispose()
    {
        _connection?.Dispose();
        _commands.Dispose();
    }

    /// <summary>Whether the transaction that has the number, and is committed, is the one in doubt. What left no trace was rather not written: it is asked for again.</summary>
    private bool IsOurs(Doubt doubt)
    {
        using var command = new NpgsqlCommand(database.Sql(doubt.Trace?.Sql ?? "SELECT 1 WHERE pg_postmaster_start_time()::text = $1"), _connection);
        foreach (var parameter in doubt.Trace?.Parameters ?? [P.Text(doubt.ServerStarted)])
        {
            // It may be asked again, and a parameter belongs to one command.
            command.Parameters.Add(parameter.Clone());
        }

        return command.ExecuteScalar() is not null;
    }

    private void Note(IReadOnlyList<StoreCommand> commands)
    {
        foreach (var command in commands)
        {
            if (command is RetentionCommand retention)
            {
                // Once in a sweep, at its beginning: a day that nothing holds need not be deleted row by row.
                _dropBefore = _sweeping ? _dropBefore : retention.EventsBefore;
                _sweeping = retention.More;
            }
        }
    }

    private static bool IsLost(StoreException failure) =>
        // Not after a time-out: those who wait have waited long enough to be told.
        failure.InnerException is NpgsqlException { InnerException: not TimeoutException } error && (error is not PostgresException answer || PostgresErrors.IsEndOfSession(answer));

    private bool Try(Action<WriteTransaction> change, int commands)
    {
        Begun? begun = null;
        try
        {
            var connection = Connect();
            using var transaction = connection.BeginTransaction(IsolationLevel.ReadCommitted);
            var writes = new WriteTransaction(
                database,
                connection,
                [
                    new(Settings, [], static _ => { }),
                    new("SELECT pg_advisory_xact_lock($1)", [P.Int64(lockKey)], static _ => { }),
                    new(Owner, [], row => begun = new Begun(row.GetInt64(0), row.GetString(1), row.GetInt32(2), row.GetString(3))),
                ]);
            change(writes);
            writes.Begin();
            if (begun is null)
            {
                throw new StoreException($"'{database.Name}' has no owner; it was emptied while it was open.", StoreFailure.Fatal);
            }

            if (begun.Epoch != epoch)
            {
                transaction.Rollback();
                return false;
            }

            Finish(transaction, begun);
            counters.Committed(commands, 0);
            return true;
        }
        catch (PostgresException) when (begun is not null && begun.Epoch != epoch)
        {
            // What is there is the new owner's, and ours may not fit to it.
            Abandon();
            return false;
        }
        catch (NpgsqlException error)
        {
            Abandon();
            throw PostgresErrors.Wrap(error, database.Name, "write");
        }
        catch
        {
            Abandon();
            throw;
        }
    }

    private void Finish(NpgsqlTransaction transaction, Begun begun)
    {
        try
        {
            transaction.Commit();
        }
        catch (NpgsqlException error) when (error is not PostgresException || _connection?.FullState != ConnectionState.Open)
        {
            _doubt = new Doubt(begun.Transaction, begun.Backend, begun.ServerStarted, null);
            throw new StoreException($"The connection to '{database.Name}' was lost during a commit; its outcome is unknown.", StoreFailure.Unknown, error);
        }
    }

    private NpgsqlConnection Connect() => _connection ??= database.OpenAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();

    // Rolled back by the server with its session; a new connection costs less thought than one in an unknown state.
    private void Abandon()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private sealed record Begun(long Epoch, string Transaction, int Backend, string ServerStarted);

    private sealed record Doubt(string Transaction, int Backend, string ServerStarted, WriteStatement? Trace);
}
