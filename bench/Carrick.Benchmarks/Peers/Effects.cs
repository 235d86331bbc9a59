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

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(connectionString);

    public Task CreateAsync() => ExecuteAsync(Tables);

    /// <summary>Forgets everything.</summary>
    public Task ClearAsync() => ExecuteAsync("TRUNCATE effects, acknowledged");

    public async Task ExecuteAsync(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    public async Task<long> CountAsync(string? id = null)
    {
        await using var command = _database.CreateCommand("SELECT count(*) FROM effects WHERE $1::text IS NULL OR id = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = id ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        return (long)(await command.ExecuteScalarAsync().ConfigureAwait(false))!;
    }

    /// <summary>Waits until there are as many rows.</summary>
    /// <returns>Whether there are, before the patience has run out.</returns>
    public async Task<bool> ReachAsync(long rows, TimeSpan patience, string? id = null)
    {
        var waited = Stopwatch.StartNew();
        while (await CountAsync(id).ConfigureAwait(false) < rows)
        {
            if (waited.Elapsed > patience)
            {
                return false;
            }

            await Task.Delay(Pause).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Waits until as many messages have been done since then. Counts what costs more to count, so it is for the end of a wait.</summary>
    /// <returns>As <see cref="ReachAsync"/>.</returns>
    public async Task<bool> ReachMessagesAsync(long messages, DateTimeOffset from, TimeSpan patience)
    {
        var waited = Stopwatch.StartNew();
        while ((await SinceAsync(from).ConfigureAwait(false)).Messages < messages)
        {
            if (waited.Elapsed > patience)
            {
                return false;
            }

            await Task.Delay(Pause).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Waits until every acknowledged message has been done.</summary>
    /// <returns>As <see cref="ReachAsync"/>.</returns>
    public async Task<bool> ReachAcknowledgedAsync(TimeSpan patience)
    {
        var waited = Stopwatch.StartNew();
        await using var command = _database.CreateCommand(MissingSql);
        while ((long)(await command.ExecuteScalarAsync().ConfigureAwait(false))! > 0)
        {
            if (waited.Elapsed > patience)
            {
                return false;
            }

            await Task.Delay(Pause).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Messages that were done after one of their key that was sent later, of those done since then.</summary>
    public async Task<long> OvertakenAsync(DateTimeOffset from)
    {
        await using var command = _database.CreateCommand(OvertakenSql);
        command.Parameters.AddWithValue("from", from);
        return (long)(await command.ExecuteScalarAsync().ConfigureAwait(false))!;
    }

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
}
