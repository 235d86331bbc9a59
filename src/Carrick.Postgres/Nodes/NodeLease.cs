using System.Globalization;
using Carrick.Postgres.Raw;
using Carrick.Shards;
using Npgsql;

namespace Carrick.Postgres.Nodes;

/// <summary>
/// This node's place among the nodes of a schema. One connection renews its lease, sees the other nodes by the same statement, and listens to what they
/// tell; behind a pooler it asks every second instead. A node is taken for dead when its lease has ended, or when its session is gone and does not
/// come back within a few seconds. What keeps a dead node from writing is that its row is gone, not the lease.
/// </summary>
/// <param name="database">Where.</param>
/// <param name="lockKey">The schema's lock.</param>
/// <param name="known">The newest id that this node knows of.</param>
internal sealed class NodeLease(PostgresDatabase database, long lockKey, Func<long> known) : IAsyncDisposable
{
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(5);

    // One that has work can be taken over from sooner after its last sign of life, and must not be by a renewal that is late.
    private static readonly TimeSpan RenewWhileBusyEvery = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MayComeBackWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan AtMostEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMilliseconds(250);

    private const string Renew =
        $"""
        WITH renewed AS (
            UPDATE ~nodes AS r SET expires_at = clock_timestamp() + $2 * interval '1 millisecond', backend = a.pid, backend_started = a.backend_start
            FROM (SELECT 1) AS one LEFT JOIN pg_stat_activity AS a ON a.pid = pg_backend_pid() AND $3 WHERE r.id = $1 RETURNING r.id)
        SELECT {NodeSql.Columns}, EXISTS (SELECT 1 FROM renewed), (SELECT last_value FROM ~ids) FROM ~nodes AS n ORDER BY n.id
        """;

    private const string Join =
        """
        INSERT INTO ~nodes (name, started_at, expires_at, backend, backend_started)
        SELECT $1, clock_timestamp(), clock_timestamp() + $2 * interval '1 millisecond', a.pid, a.backend_start
        FROM (SELECT 1) AS one LEFT JOIN pg_stat_activity AS a ON a.pid = pg_backend_pid() AND $3
        RETURNING id
        """;

    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<long, long> _goneSince = [];
    private NpgsqlConnection? _connection;
    private Task _keeping = Task.CompletedTask;
    private long _node;
    private long _newest;
    private bool _toldOfWork;
    private bool _toldOfNodes;
    private volatile bool _lost;

    /// <summary>Whether others have taken this node for dead.</summary>
    public bool IsLost => _lost;

    /// <summary>What the lease is for; it is told of each renewal.</summary>
    public required ShardSet Shards { get; init; }

    /// <summary>Called when a renewal failed for a reason that is not the database's; it is tried again.</summary>
    public required Action<Exception> Failed { get; init; }

    /// <inheritdoc cref="ISharedStore.Seen"/>
    public required Action<ClusterView> Seen { get; init; }

    /// <inheritdoc cref="ISharedStore.Told"/>
    public required Action Told { get; init; }

    /// <summary>Joins: nodes that are dead are fenced, shards that belong to nobody are taken up to an even share, and <paramref name="take"/> runs, in one transaction.</summary>
    /// <returns>The node's id, its shards and what <paramref name="take"/> gave.</returns>
    public async Task<(long Node, ulong Shards, T Facts)> JoinAsync<T>(Func<NpgsqlConnection, Task<T>> take, CancellationToken cancellationToken)
    {
        var connection = _connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await LockAsync(connection, cancellationToken).ConfigureAwait(false);
        var asked = Shards.Ask();
        await connection.ExecuteAsync(
            database.Sql(
                $"""
                WITH fenced AS (DELETE FROM ~nodes AS n WHERE {NodeSql.IsDead} RETURNING id)
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name IN (SELECT replace($1, '#', id::text) FROM fenced)
                """),
            cancellationToken,
            P.Text(NodeSql.SessionPattern(lockKey))).ConfigureAwait(false);
        _node = (long)(await connection.ScalarAsync(
            database.Sql(Join),
            cancellationToken,
            P.Text(database.NodeName ?? string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}")),
            P.Int64((long)Lasts.TotalMilliseconds),
            P.Bool(!database.IsBehindPooler)).ConfigureAwait(false))!;
        var (free, nodes) = await ReadFreeAsync(connection, cancellationToken).ConfigureAwait(false);
        var shards = Balance.Lowest(free, Balance.Share(nodes).Ceiling);
        await connection.ExecuteAsync(
            database.Sql("UPDATE ~leases SET node = $1, epoch = epoch + 1 WHERE ($2::bigint >> shard) & 1 = 1"), cancellationToken, P.Int64(_node), P.Int64((long)shards)).ConfigureAwait(false);
        var facts = await take(connection).ConfigureAwait(false);
        await TellAsync(connection, cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        Shards.Renewed(asked, Lasts);
        return (_node, shards, facts);
    }

    /// <summary>Renews from now on.</summary>
    public void Start() => _keeping = Task.Run(KeepAsync);

    /// <summary>Leaves, so that others need not wait for the lease to end.</summary>
    public async Task LeaveAsync()
    {
        await StopAsync().ConfigureAwait(false);
        if (_connection is { FullState: not System.Data.ConnectionState.Open })
        {
            await AbandonAsync().ConfigureAwait(false);
        }

        var connection = _connection ??= await database.OpenAsync(CancellationToken.None).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync().ConfigureAwait(false);
        await connection.ExecuteAsync(database.Sql("UPDATE ~leases SET node = NULL WHERE node = $1"), CancellationToken.None, P.Int64(_node)).ConfigureAwait(false);
        await connection.ExecuteAsync(database.Sql("DELETE FROM ~nodes WHERE id = $1"), CancellationToken.None, P.Int64(_node)).ConfigureAwait(false);
        await TellAsync(connection, CancellationToken.None).ConfigureAwait(false);
        await transaction.CommitAsync().ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
        await AbandonAsync().ConfigureAwait(false);
    }

    private async Task<(ulong Free, int Nodes)> ReadFreeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            database.Sql(
                """
                SELECT coalesce((SELECT bit_or(1::bigint << l.shard) FROM ~leases AS l WHERE NOT EXISTS (SELECT 1 FROM ~nodes AS n WHERE n.id = l.node)), 0),
                    (SELECT count(*) FROM ~nodes)::integer
                """),
            connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return ((ulong)reader.GetInt64(0), reader.GetInt32(1));
    }

    private async Task TellAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (sql, parameters) = NodeSql.Notify(database.Schema, 'n', _node);
        await connection.ExecuteAsync(sql, cancellationToken, parameters).ConfigureAwait(false);
    }

    /// <summary>Waits for the commit that is under way. One that stands still, and is not of a node that is alive, is ended.</summary>
    private async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await connection.ScalarAsync("SELECT set_config('lock_timeout', '1s', true)", cancellationToken).ConfigureAwait(false);
        await connection.ScalarAsync("SAVEPOINT before_lock", cancellationToken).ConfigureAwait(false);
        try
        {
            await connection.ScalarAsync("SELECT pg_advisory_xact_lock($1)", cancellationToken, P.Int64(lockKey)).ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await connection.ScalarAsync("ROLLBACK TO before_lock", cancellationToken).ConfigureAwait(false);
            await connection.ExecuteAsync(
                database.Sql(
                    $"""
                    SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks AS l JOIN pg_stat_activity AS s ON s.pid = l.pid
                    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.pid <> pg_backend_pid()
                        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                        AND (l.classid::bigint << 32) | l.objid::bigint = $1
                        AND s.application_name NOT IN (SELECT replace($2, '#', n.id::text) FROM ~nodes AS n WHERE NOT {NodeSql.IsDead})
                    """),
                cancellationToken,
                P.Int64(lockKey),
                P.Text(NodeSql.SessionPattern(lockKey))).ConfigureAwait(false);
            await connection.ScalarAsync("SELECT set_config('lock_timeout', '12s', true)", cancellationToken).ConfigureAwait(false);
            await connection.ScalarAsync("SELECT pg_advisory_xact_lock($1)", cancellationToken, P.Int64(lockKey)).ConfigureAwait(false);
        }
    }

    /// <summary>Until the node has left or is lost. While the database cannot be reached it tries again: whether this node was taken for dead meanwhile, the next renewal finds out.</summary>
    private async Task KeepAsync()
    {
        // Soon, for the shards of one that died a moment before.
        var due = FirstLook;
        // The connection of the join does not listen yet.
        var listens = false;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                if (!listens && _connection is not null)
                {
                    await ListenAsync(_connection).ConfigureAwait(false);
                }

                listens = true;
                var connection = _connection ??= await OpenAsync().ConfigureAwait(false);
                if (!await WaitAsync(connection, due).ConfigureAwait(false))
                {
                    continue;
                }

                if (await RenewAsync(connection).ConfigureAwait(false) is not { } next)
                {
                    // The next commit finds it out and ends the node; an idle one has none.
                    _lost = true;
                    Told();
                    return;
                }

                due = next;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Whatever it was: without a renewal this node would lose its work for good, and nobody would know why.
                if (!PostgresErrors.IsOfTheDriver(error))
                {
                    Failed(error);
                }

                await AbandonAsync().ConfigureAwait(false);
                due = TimeSpan.Zero;
                await Task.Delay(AfterFailure, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = await database.OpenAsync(_stop.Token).ConfigureAwait(false);
        await ListenAsync(connection).ConfigureAwait(false);
        return connection;
    }

    private async Task ListenAsync(NpgsqlConnection connection)
    {
        if (database.IsBehindPooler)
        {
            return;
        }

        connection.Notification += (_, told) =>
        {
            if (told.Payload.Length > 1 && !(long.TryParse(told.Payload.AsSpan(1), CultureInfo.InvariantCulture, out var by) && by == _node))
            {
                _toldOfWork |= told.Payload[0] == 'w';
                _toldOfNodes |= told.Payload[0] == 'n';
            }
        };
        await connection.ExecuteAsync($"LISTEN {NodeSql.Channel(database.Schema)}", _stop.Token).ConfigureAwait(false);
    }

    /// <summary>Waits until the lease is to be renewed, and passes on what it is told meanwhile.</summary>
    /// <returns>Whether to renew.</returns>
    private async Task<bool> WaitAsync(NpgsqlConnection connection, TimeSpan due)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var passed = TimeProvider.System.GetElapsedTime(started);
            if (_toldOfWork)
            {
                _toldOfWork = false;
                Told();
            }

            // After a pause nothing starts before the next renewal. Looking often is also how a pause is noticed.
            var left = (_toldOfNodes || !Shards.IsCurrent ? AtMostEvery : due) - passed;
            if (left <= TimeSpan.Zero)
            {
                _toldOfNodes = false;
                return true;
            }

            if (!database.IsBehindPooler)
            {
                await connection.WaitAsync(left < AtMostEvery ? AtMostEvery : left < AskEvery ? left : AskEvery, _stop.Token).ConfigureAwait(false);
                continue;
            }

            await Task.Delay(left < AskEvery ? left : AskEvery, TimeProvider.System, _stop.Token).ConfigureAwait(false);
            await AskAsync(connection).ConfigureAwait(false);
        }
    }

    private async Task AskAsync(NpgsqlConnection connection)
    {
        if (await connection.ScalarAsync(database.Sql("SELECT last_value FROM ~ids"), CancellationToken.None).ConfigureAwait(false) is long newest && newest != known())
        {
            _toldOfWork = true;
        }
    }

    /// <returns>When to renew again; <see langword="null"/> if this node was taken for dead.</returns>
    private async Task<TimeSpan?> RenewAsync(NpgsqlConnection connection)
    {
        List<NodeView> nodes = [];
        var asked = Shards.Ask();
        var (renewed, newest) = (false, known());
        await using (var command = new NpgsqlCommand(database.Sql(Renew), connection)
        {
            Parameters = { P.Int64(_node), P.Int64((long)Lasts.TotalMilliseconds), P.Bool(!database.IsBehindPooler) },
        })
        await using (var reader = await command.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
                nodes.Add(NodeSql.Read(reader, IsGone));
                (renewed, newest) = (reader.GetBoolean(6), reader.GetInt64(7));
            }
        }

        if (!renewed)
        {
            return null;
        }

        Shards.Renewed(asked, Lasts);
        foreach (var ended in _goneSince.Keys.Except(nodes.Select(node => node.Id)).ToList())
        {
            _goneSince.Remove(ended);
        }

        if (nodes.Count > 1 && newest != known())
        {
            Told();
        }

        Seen(new ClusterView(_node, nodes));
        var isBusy = newest != _newest;
        _newest = newest;
        return nodes.Where(node => node.Id != _node).Select(NextLook).Append(isBusy ? RenewWhileBusyEvery : RenewEvery).Min();
    }

    // One that may be dead is looked at when that is known.
    private static TimeSpan NextLook(NodeView node) =>
        node.IsDead ? AskEvery
        : !node.HasSession ? MayComeBackWithin / 3
        : node.Remaining + AtMostEvery / 4;

    private bool IsGone(long node, bool hasSession)
    {
        if (hasSession || node == _node)
        {
            _goneSince.Remove(node);
            return false;
        }

        var now = TimeProvider.System.GetTimestamp();
        if (_goneSince.TryAdd(node, now))
        {
            return false;
        }

        return TimeProvider.System.GetElapsedTime(_goneSince[node], now) >= MayComeBackWithin;
    }

    private async Task AbandonAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
            _connection = null;
        }
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
    }
}
