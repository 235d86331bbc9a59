using System.Diagnostics;
using Npgsql;

namespace Carrick.Benchmarks.Peers;

/// <summary>The table that every job inserts one row into, and what the rows tell.</summary>
internal sealed class Effects(string connectionString) : IAsyncDisposable
{
    // No key: a message that is done twice must show. The number tells the order, the time is the database's.
    private const string Tables =
        """
        CREATE TABLE effects (
            n bigserial, id text NOT NULL, ordering_key text, age_ms double precision NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
        CREATE TABLE acknowledged (id text NOT NULL);
        """;

    private const string Spans =
        """
        SELECT count(*), extract(epoch FROM min(first) - @from)::float8, extract(epoch FROM max(last) - @from)::float8
        FROM (SELECT min(at) AS first, max(at) AS last FROM effects WHERE at >= @from GROUP BY id) AS messages
        """;

    private const string AgesBetween =
        """
        SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY age_ms), 'NaN'), coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY age_ms), 'NaN')
        FROM effects WHERE at >= @from
        """;

    private const string AuditSql =
        """
        WITH acks AS (SELECT id, count(*) AS n FROM acknowledged GROUP BY id), done AS (SELECT id, count(*) AS n FROM effects GROUP BY id)
        SELECT count(acks.id), count(*) FILTER (WHERE done.id IS NULL), count(*) FILTER (WHERE acks.id IS NULL),
            count(*) FILTER (WHERE done.n > 1), count(*) FILTER (WHERE done.n > acks.n), coalesce(sum(done.n), 0)::bigint, coalesce(sum(acks.n), 0)::bigint
        FROM acks FULL JOIN done ON done.id = acks.id
        """;

    // A message id ends with the number of its request in hexadecimal, and those of a key were sent one after another.
    private const string OvertakenSql =
        """
        SELECT count(*) FROM (
            SELECT right(id, 8) AS sent, max(right(id, 8)) OVER (PARTITION BY ordering_key ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newest
            FROM effects WHERE at >= @from) AS done
        WHERE newest > sent
        """;

    private const string MissingSql = "SELECT count(*) FROM (SELECT id FROM acknowledged EXCEPT SELECT id FROM effects) AS missing";

    private const string InsertingSql = "SELECT count(*) FROM pg_locks WHERE relation = 'effects'::regclass AND mode = 'RowExclusiveLock'";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(connectionString);

    public Task CreateAsync() => ExecuteAsync(Tables);

    /// <summary>Forgets everything.</summary>
    public Task ClearAsync() => ExecuteAsync("TRUNCATE effects, acknowledged RESTART IDENTITY");

    public async Task ExecuteAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    public Task<long> CountAsync() => ScalarAsync("SELECT count(*) FROM effects");

    public Task<long> CountAsync(string id) => ScalarAsync("SELECT count(*) FROM effects WHERE id = $1", new NpgsqlParameter<string> { TypedValue = id });

    /// <summary>Waits until there are as many rows.</summary>
    /// <returns>Whether there are, before the patience has run out.</returns>
    // The sequence first: to count a large table again and again would take from the peer that is being waited for.
    public Task<bool> ReachAsync(long rows, TimeSpan patience) =>
        WaitAsync(async () => await NumbersAsync().ConfigureAwait(false) >= rows && await CountAsync().ConfigureAwait(false) >= rows, patience);

    /// <summary>Waits until this message has been done.</summary>
    /// <returns>As <see cref="ReachAsync"/>.</returns>
    public Task<bool> ReachAsync(string id, TimeSpan patience) => WaitAsync(async () => await CountAsync(id).ConfigureAwait(false) > 0, patience);

    /// <summary>Waits until as many messages have been done since then. Counts what costs more to count, so it is for the end of a wait.</summary>
    /// <returns>As <see cref="ReachAsync"/>.</returns>
    public Task<bool> ReachMessagesAsync(long messages, DateTimeOffset from, TimeSpan patience) =>
        WaitAsync(async () => (await SinceAsync(from).ConfigureAwait(false)).Messages >= messages, patience);

    /// <summary>Waits until every acknowledged message has been done.</summary>
    /// <returns>As <see cref="ReachAsync"/>.</returns>
    public Task<bool> ReachAcknowledgedAsync(TimeSpan patience) => WaitAsync(async () => await MissingAsync().ConfigureAwait(false) == 0, patience);

    /// <summary>Acknowledged messages that have not been done.</summary>
    public Task<long> MissingAsync() => ScalarAsync(MissingSql);

    /// <summary>Keeps every job from inserting its row until what it returns is disposed of.</summary>
    public async Task<IAsyncDisposable> HoldUpAsync()
    {
        var connection = await _database.OpenConnectionAsync().ConfigureAwait(false);
        // Closing the connection ends the transaction, and with it the lock.
        await connection.BeginTransactionAsync().ConfigureAwait(false);
        await using var command = new NpgsqlCommand("LOCK TABLE effects IN SHARE MODE", connection);
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        return connection;
    }

    /// <summary>Waits until no transaction inserts rows or waits to do so.</summary>
    /// <exception cref="TimeoutException">One does after all that patience.</exception>
    public async Task ReachNoInsertAsync(TimeSpan patience)
    {
        if (!await WaitAsync(async () => await ScalarAsync(InsertingSql).ConfigureAwait(false) == 0, patience).ConfigureAwait(false))
        {
            throw new TimeoutException("transactions of the killed processes did not end");
        }
    }

    /// <summary>Messages that were done after one of their key that was sent later, of those done since then.</summary>
    public Task<long> OvertakenAsync(DateTimeOffset from) => ScalarAsync(OvertakenSql, new NpgsqlParameter("from", from));

    /// <summary>Notes what the generator was answered with 2xx.</summary>
    public async Task AcknowledgeAsync(IEnumerable<string> ids)
    {
        await using var connection = await _database.OpenConnectionAsync().ConfigureAwait(false);
        var copy = await connection.BeginTextImportAsync("COPY acknowledged FROM STDIN").ConfigureAwait(false);
        await using (copy.ConfigureAwait(false))
        {
            foreach (var id in ids)
            {
                await copy.WriteAsync(id + "\n").ConfigureAwait(false);
            }
        }
    }

    /// <summary>What was done since then.</summary>
    public async Task<Done> SinceAsync(DateTimeOffset from)
    {
        await using var command = _database.CreateCommand(Spans);
        command.Parameters.AddWithValue("from", from);
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        await reader.ReadAsync().ConfigureAwait(false);
        return reader.GetInt64(0) is > 0 and var messages ? new Done(from, messages, reader.GetDouble(1), reader.GetDouble(2)) : new Done(from, 0, 0, 0);
    }

    /// <summary>Milliseconds from acceptance to the start of the job, of the jobs done since then.</summary>
    public async Task<(double P50, double P99)> AgesAsync(DateTimeOffset from)
    {
        await using var command = _database.CreateCommand(AgesBetween);
        command.Parameters.AddWithValue("from", from);
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        await reader.ReadAsync().ConfigureAwait(false);
        return (reader.GetDouble(0), reader.GetDouble(1));
    }

    /// <summary>Bytes of log that the server has written since it was made: those of the effects, and of the jobs if they are there too.</summary>
    public Task<long> WalBytesAsync() => ScalarAsync("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint");

    /// <summary>How often the server has synced its log since it was made; the same holds as for <see cref="WalBytesAsync"/>.</summary>
    public Task<long> WalSyncsAsync() => ScalarAsync("SELECT wal_sync FROM pg_stat_wal");

    /// <summary>Message id, key and milliseconds from acceptance to the start that succeeded, of the jobs done since then.</summary>
    public async Task<IReadOnlyList<(string Id, string Key, double Age)>> JobsAsync(DateTimeOffset from)
    {
        await using var command = _database.CreateCommand("SELECT id, ordering_key, age_ms FROM effects WHERE at >= @from");
        command.Parameters.AddWithValue("from", from);
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        List<(string, string, double)> jobs = [];
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            jobs.Add((reader.GetString(0), reader.GetString(1), reader.GetDouble(2)));
        }

        return jobs;
    }

    /// <summary>Compares what was acknowledged with what was done.</summary>
    public async Task<Audit> AuditAsync()
    {
        await using var command = _database.CreateCommand(AuditSql);
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        await reader.ReadAsync().ConfigureAwait(false);
        return new Audit
        {
            Messages = reader.GetInt64(0),
            Lost = reader.GetInt64(1),
            Unknown = reader.GetInt64(2),
            Doubled = reader.GetInt64(3),
            MoreThanSent = reader.GetInt64(4),
            Effects = reader.GetInt64(5),
            Acknowledgements = reader.GetInt64(6),
        };
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    // Rows that were ever inserted, those of transactions that were rolled back too.
    private Task<long> NumbersAsync() => ScalarAsync("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM effects_n_seq");

    private async Task<long> ScalarAsync(string sql, params NpgsqlParameter[] parameters)
    {
        await using var command = _database.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        return (long)(await command.ExecuteScalarAsync().ConfigureAwait(false))!;
    }

    private static async Task<bool> WaitAsync(Func<Task<bool>> isReachedAsync, TimeSpan patience)
    {
        var waited = Stopwatch.StartNew();
        while (!await isReachedAsync().ConfigureAwait(false))
        {
            if (waited.Elapsed > patience)
            {
                return false;
            }

            await Task.Delay(Pause).ConfigureAwait(false);
        }

        return true;
    }
}
