using System.Data;
using Carrick.Postgres.Raw;
using Carrick.Shards;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Writing;

/// <summary>
/// The one connection of this node that commits. Every transaction first takes the store's lock, which lasts until its end, and then looks for its node's
/// row: so whoever takes the node for dead waits for the commit that is under way, and every later one of the node finds its row gone and rolls back.
/// Begin, lock, row and the first writes are one round trip; the COMMIT is another, so that the transaction's number is known when it is sent.
/// One caller at a time.
/// </summary>
internal sealed class StoreWriter(
    PostgresDatabase database, StoreState state, ChangeWriter changes, RecordIdGenerator ids, long lockKey, long known, StoreCounters counters) : IDisposable
{
    // Plans must use the indexes also while the statistics say that the tables are empty.
    // A node that stands still in a commit keeps all others from committing: the server ends it, and if it wakes up in time it asks what became of it.
    private const string Lock =
        """
        SELECT pg_advisory_xact_lock($1), set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
            set_config('idle_in_transaction_session_timeout', '2s', true), set_config('synchronous_commit', coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on'), true)
        """;

    // The ids of the commit are taken only if nobody has given any since: then they are the newest of all.
    private const string Self =
        """
        SELECT EXISTS (SELECT 1 FROM ~nodes WHERE id = $1), pg_current_xact_id()::text, pg_backend_pid(), pg_postmaster_start_time()::text, newest,
            CASE WHEN newest = $2 AND newest < $3 THEN setval('~ids', $3) END
        FROM (SELECT last_value AS newest FROM ~ids) AS given
        """;

    private readonly CommandWriter _commands = new(state, changes);
    private readonly EventPartitions _partitions = new(database.Schema);
    private NpgsqlConnection? _connection;
    private CommitDoubt? _doubt;
    private Settled? _settled;
    private long _known = known;
    private bool _others;
    private News? _news;

    /// <summary>The newest id that this node knows of: all that was committed up to it has been told.</summary>
    public long Known => Volatile.Read(ref _known);

    /// <summary>Whether this node was found to be taken for dead.</summary>
    public bool WasTaken { get; private set; }

    /// <summary>One durable transaction. What others have committed since the last one is news behind it.</summary>
    /// <exception cref="StoreException">Nothing was applied, unless unknown or fatal.</exception>
    public void Commit(IReadOnlyList<StoreCommand> commands)
    {
        List<DateOnly> missing = [];
        var keep = false;
        try
        {
            keep = Transact(
                transaction =>
                {
                    missing = _partitions.Missing(commands);
                    missing.ForEach(day => _partitions.Create(transaction, day));
                    _commands.Apply(transaction, commands);
                },
                commands.Count,
                commands);
            if (!keep && commands.Any(command => command is not WorkCommand))
            {
                throw Taken();
            }

            _partitions.Created(missing);
        }
        catch (StoreException failure) when (failure.Failure == StoreFailure.Unknown)
        {
            // The results stand for the case that it was committed.
            keep = true;
            _doubt = _doubt! with { Trace = CommitTrace.Of(commands, changes.Node) };
            throw;
        }
        finally
        {
            if (!keep)
            {
                _partitions.Forget();
                foreach (var command in commands)
                {
                    command.Forget();
                }
            }
        }
    }

    /// <summary>The news of the last commit, once.</summary>
    public News? TakeNews()
    {
        (var news, _news) = (_news, null);
        return news;
    }

    /// <summary>Runs <paramref name="change"/> in a durable transaction of this node.</summary>
    /// <param name="change">Adds the statements. It may be called a second time, in another transaction, when the first is lost.</param>
    /// <param name="commands">How many commands it is, for the counters.</param>
    /// <param name="ordered">Commands that get ids, and behind which the news are read.</param>
    /// <returns><see langword="false"/> if this node was taken for dead; nothing was changed then.</returns>
    /// <exception cref="StoreException">Nothing was applied, unless unknown or fatal.</exception>
    public bool Transact(Action<WriteTransaction> change, int commands, IReadOnlyList<StoreCommand>? ordered = null)
    {
        if (_doubt is not null)
        {
            if (_settled!.Known is not null)
            {
                throw new StoreException($"What became of the last commit in '{database.Name}' is not known yet.", StoreFailure.Transient);
            }

            Settle();
        }

        var known = _connection is not null;
        try
        {
            return TryInOrder(change, commands, ordered);
        }
        catch (StoreException failure) when (known && _doubt is null && IsLost(failure))
        {
            // The server was restarted, or a firewall forgot the connection, since the last commit. Nothing was committed: once more on a new one.
            return TryInOrder(change, commands, ordered);
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
            var durable = doubt.IsDurable(database, Connect());
            _doubt = null;
            if (durable)
            {
                Settle(_settled!);
            }

            return durable;
        }
        catch (Exception error) when (PostgresErrors.IsOfTheDriver(error))
        {
            Abandon();
            throw PostgresErrors.Wrap(error, database.Name, "read");
        }
    }

    /// <summary>The failure that ends a node that was taken for dead.</summary>
    public StoreException Taken()
    {
        WasTaken = true;
        return new($"This node was taken for dead, and its work in '{database.Name}' was taken over by another process; it can write nothing any more.", StoreFailure.Taken);
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _commands.Dispose();
    }

    private static bool IsLost(StoreException failure) =>
        // Not after a time-out: those who wait have waited long enough to be told.
        failure.InnerException is NpgsqlException { InnerException: not TimeoutException } error && (error is not PostgresException answer || PostgresErrors.IsEndOfSession(answer));

    /// <summary>
    /// Ids are in the order in which all nodes commit. A node that was the last to commit gives them before it has the lock, which saves a round trip; if
    /// another one has committed since, it reads what that was, under the lock, and gives them then.
    /// </summary>
    private bool TryInOrder(Action<WriteTransaction> change, int commands, IReadOnlyList<StoreCommand>? ordered)
    {
        if (ordered is null)
        {
            return Try(change, commands, null, isCareful: false) == Step.Committed;
        }

        var step = _others || ordered.Any(command => command is NewsCommand) ? Step.Overtaken : Try(change, commands, ordered, isCareful: false);
        if (step == Step.Overtaken)
        {
            step = Try(change, commands, ordered, isCareful: true);
        }

        return step == Step.Committed;
    }

    private Step Try(Action<WriteTransaction> change, int commands, IReadOnlyList<StoreCommand>? ordered, bool isCareful)
    {
        Begun? begun = null;
        var newest = ordered is null || isCareful ? 0 : GiveIds(ordered);
        var reader = isCareful ? new NewsReader(state, changes.Node, state.Shards.Owned, Known) : null;
        bool IsOvertaken() => ordered is not null && !isCareful && begun!.Newest != Known;
        try
        {
            var connection = Connect();
            using var transaction = connection.BeginTransaction(IsolationLevel.ReadCommitted);
            var writes = new WriteTransaction(
                database,
                connection,
                [
                    new(Lock, [P.Int64(lockKey)], static _ => { }),
                    new(
                        Self,
                        [P.Int64(changes.Node), P.Int64(ordered is null ? null : Known), P.Int64(newest)],
                        row => begun = new Begun(row.GetBoolean(0), row.GetString(1), row.GetInt32(2), row.GetString(3), row.GetInt64(4))),
                    .. reader?.Statements() ?? [],
                ]);
            if (isCareful)
            {
                writes.Begin();
                if (!begun!.IsMember)
                {
                    return Step.Taken;
                }

                ids.Advance(begun.Newest);
                newest = GiveIds(ordered!);
                if (newest > 0)
                {
                    writes.Then(new("SELECT setval('~ids', $1)", [P.Int64(newest)], static _ => { }));
                }
            }

            change(writes);
            writes.Begin();
            if (!begun!.IsMember)
            {
                return Step.Taken;
            }

            var names = reader?.HasNames == true ? Catalog.ReadNames(writes) : null;
            if (IsOvertaken())
            {
                return Step.Overtaken;
            }

            _others = isCareful && begun.Newest != Known;
            Finish(transaction, begun, new Settled(ordered is null ? null : Math.Max(Math.Max(begun.Newest, newest), changes.Newest), reader?.News, names));
            counters.Committed(commands, 0);
            return Step.Committed;
        }
        catch (PostgresException) when (begun is { IsMember: false })
        {
            // What is there is the others', and ours may not fit to it.
            Abandon();
            return Step.Taken;
        }
        catch (PostgresException) when (begun is not null && IsOvertaken())
        {
            // Ids that were given too early need not fit either.
            Abandon();
            return Step.Overtaken;
        }
        catch (Exception error) when (PostgresErrors.IsOfTheDriver(error))
        {
            AbandonUnless(PostgresErrors.IsOfTheData(error));
            throw PostgresErrors.Wrap(error, database.Name, "write");
        }
        catch
        {
            Abandon();
            throw;
        }
    }

    /// <returns>The newest id given, or 0 if none was.</returns>
    private long GiveIds(IReadOnlyList<StoreCommand> commands)
    {
        var before = ids.Last;
        foreach (var command in commands)
        {
            command.AssignIds(ids);
        }

        return ids.Last == before ? 0 : ids.Last;
    }

    private void Finish(NpgsqlTransaction transaction, Begun begun, Settled settled)
    {
        try
        {
            transaction.Commit();
        }
        catch (Exception error) when (PostgresErrors.IsOfTheDriver(error) && (error is not PostgresException || _connection?.FullState != ConnectionState.Open))
        {
            (_doubt, _settled) = (new CommitDoubt(begun.Transaction, begun.Backend, begun.ServerStarted, null), settled);
            // Nobody was promised what has no ids, and whoever wants it asks again.
            throw settled.Known is null
                ? new StoreException($"The connection to '{database.Name}' was lost during a commit of the store's own.", StoreFailure.Transient, error)
                : new StoreException($"The connection to '{database.Name}' was lost during a commit; its outcome is unknown.", StoreFailure.Unknown, error);
        }

        Settle(settled);
    }

    private void Settle(Settled settled)
    {
        if (settled.Known is { } known)
        {
            ids.Advance(known);
            Volatile.Write(ref _known, known);
            _news = settled.News;
            if (settled.Names is not null)
            {
                state.Names = settled.Names;
            }
        }
    }

    private NpgsqlConnection Connect()
    {
        if (_connection is { FullState: not ConnectionState.Open })
        {
            // Lost while a transaction was rolled back, of which nobody had to be told.
            Abandon();
        }

        return _connection ??= database.OpenAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
    }

    // Rolled back by the server with its session; a new connection costs less thought than one in an unknown state.
    private void Abandon() => AbandonUnless(false);

    // A refused value leaves the session as it was before the transaction.
    private void AbandonUnless(bool isSound)
    {
        if (!isSound)
        {
            _connection?.Dispose();
            _connection = null;
        }
    }

    private enum Step
    {
        Committed,

        /// <summary>Another node has committed since, so nothing was changed.</summary>
        Overtaken,

        /// <summary>This node was taken for dead, so nothing was changed.</summary>
        Taken,
    }

    private sealed record Begun(bool IsMember, string Transaction, int Backend, string ServerStarted, long Newest);
}
