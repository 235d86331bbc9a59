using System.Globalization;
using Carrick.Postgres.Handlers;
using Carrick.Postgres.Raw;
using Npgsql;

namespace Carrick.Postgres;

/// <summary>
/// Who owns the store. The owner renews its lease on a connection of its own; another process takes over when the lease has expired, or
/// as soon as the server has ended that connection's session, which it does when its process is killed. The epoch that a take-over raises,
/// and not the lease, is what keeps an old owner from writing. A lease is by the server's clock, so it is renewed by that of the system.
/// </summary>
/// <param name="database">Where.</param>
/// <param name="lockKey">The store's lock.</param>
/// <param name="patience">How long to wait for a live owner.</param>
internal sealed class Lease(PostgresDatabase database, long lockKey, TimeSpan patience) : IAsyncDisposable
{
    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(250);

    private const string Renew =
        """
        UPDATE ~leases AS l SET expires_at = clock_timestamp() + $2 * interval '1 millisecond', backend = a.pid, backend_started = a.backend_start
        FROM (SELECT 1) AS one LEFT JOIN pg_stat_activity AS a ON a.pid = pg_backend_pid() AND $3
        WHERE l.shard = 0 AND l.epoch = $1
        """;

    /// <summary>Longer than a lease lasts that nobody renews.</summary>
    public static TimeSpan DefaultPatience => Lasts + RenewEvery;

    private readonly CancellationTokenSource _stop = new();
    private NpgsqlConnection? _connection;
    private Task _renewing = Task.CompletedTask;
    private volatile bool _lost;

    /// <summary>Whether another process was seen to have taken the store over.</summary>
    public bool IsLost => _lost;

    /// <summary>Waits until nobody else owns the store, then runs <paramref name="take"/> in the transaction that raises the epoch.</summary>
    /// <returns>The new epoch and what <paramref name="take"/> gave.</returns>
    /// <exception cref="StoreException">Another live process owns it.</exception>
    public async Task<(long Epoch, T Facts)> TakeAsync<T>(Func<NpgsqlConnection, Task<T>> take, CancellationToken cancellationToken)
    {
        _connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await TryTakeAsync(_connection, take, cancellationToken).ConfigureAwait(false) is { } taken)
            {
                _renewing = Task.Run(() => RenewAsync(taken.Epoch), CancellationToken.None);
                return taken;
            }

            var owner = await _connection.ScalarAsync(database.Sql("SELECT owner FROM ~leases WHERE shard = 0"), cancellationToken).ConfigureAwait(false);
            if (TimeProvider.System.GetElapsedTime(started) > patience)
            {
                throw new StoreException(
                    $"'{database.Name}' is owned by {owner}, which is alive. One Carrick at a time uses a schema: stop that one, or give this one a schema of its own.",
                    StoreFailure.Taken);
            }

            await Task.Delay(AskEvery, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives the store back, so that the next process need not wait.</summary>
    public async Task ReleaseAsync(long epoch)
    {
        await StopAsync().ConfigureAwait(false);
        if (_connection is { } connection)
        {
            await connection.ExecuteAsync(
                database.Sql("UPDATE ~leases SET expires_at = now(), backend = NULL WHERE shard = 0 AND epoch = $1"), CancellationToken.None, P.Int64(epoch)).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
            _connection = null;
        }
    }

    private async Task<(long Epoch, T Facts)?> TryTakeAsync<T>(NpgsqlConnection connection, Func<NpgsqlConnection, Task<T>> take, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        if (await IsAliveAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        await LockAsync(connection, cancellationToken).ConfigureAwait(false);
        // Asked again under the lock: another process may have been faster.
        if (await IsAliveAsync(connection, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        await using var command = new NpgsqlCommand(
            database.Sql(
                """
                INSERT INTO ~leases AS l (shard, owner, epoch, expires_at, backend, backend_started)
                SELECT 0, $1, 1, clock_timestamp() + $2 * interval '1 millisecond', a.pid, a.backend_start
                FROM (SELECT 1) AS one LEFT JOIN pg_stat_activity AS a ON a.pid = pg_backend_pid() AND $3
                ON CONFLICT (shard) DO UPDATE SET owner = excluded.owner, epoch = l.epoch + 1, expires_at = excluded.expires_at,
                    backend = excluded.backend, backend_started = excluded.backend_started
                RETURNING epoch
                """),
            connection,
            transaction)
        {
            Parameters =
            {
                P.Text(string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}")),
                P.Int64((long)Lasts.TotalMilliseconds), P.Bool(!database.IsBehindPooler),
            },
        };
        var epoch = (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        var facts = await take(connection).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        await OwnerMark.EndOthersAsync(connection, lockKey, epoch, cancellationToken).ConfigureAwait(false);
        return (epoch, facts);
    }

    private async Task<bool> IsAliveAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => await connection.ScalarAsync(
        database.Sql(
            """
            SELECT EXISTS (SELECT 1 FROM ~leases AS l WHERE shard = 0 AND expires_at > clock_timestamp()
                AND (backend IS NULL OR EXISTS (SELECT 1 FROM pg_stat_activity AS a WHERE a.pid = l.backend AND a.backend_start = l.backend_started)))
            """),
        cancellationToken).ConfigureAwait(false) is true;

    /// <summary>Waits for a commit of the old owner that is under way. One that stands still, because its process does, is ended.</summary>
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
            await connection.ScalarAsync(
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_locks
                WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid <> pg_backend_pid()
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND (classid::bigint << 32) | objid::bigint = $1
                """,
                cancellationToken,
                P.Int64(lockKey)).ConfigureAwait(false);
            await connection.ScalarAsync("SELECT set_config('lock_timeout', '5s', true)", cancellationToken).ConfigureAwait(false);
            await connection.ScalarAsync("SELECT pg_advisory_xact_lock($1)", cancellationToken, P.Int64(lockKey)).ConfigureAwait(false);
        }
    }

    /// <summary>Until the lease is another's or is given back. While the database cannot be reached it tries again: whether the store was taken over meanwhile, the next commit finds out.</summary>
    private async Task RenewAsync(long epoch)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(RenewEvery, TimeProvider.System, _stop.Token).ConfigureAwait(false);
                _connection ??= await database.OpenAsync(_stop.Token).ConfigureAwait(false);
                if (await _connection.ExecuteAsync(
                    database.Sql(Renew),
                    CancellationToken.None,
                    P.Int64(epoch), P.Int64((long)Lasts.TotalMilliseconds), P.Bool(!database.IsBehindPooler)).ConfigureAwait(false) == 0)
                {
                    _lost = true;
                    return;
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException)
            {
                if (_connection is not null)
                {
                    await _connection.DisposeAsync().ConfigureAwait(false);
                    _connection = null;
                }
            }
        }
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(false);
    }
}
