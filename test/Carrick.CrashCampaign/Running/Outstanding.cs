using System.Diagnostics;
using Carrick.CrashCampaign.Victim;
using Npgsql;
using NpgsqlTypes;

namespace Carrick.CrashCampaign.Running;

/// <summary>The deliveries of handlers that were outstanding at one moment, at all nodes or at one, read with plain SQL, and how many of them nobody has tried since.</summary>
internal sealed class Outstanding(string connectionString, long[] ids, int[] attempts)
{
    private static readonly TimeSpan TakeOverLimit = TimeSpan.FromMinutes(1);

    public int Count => ids.Length;

    /// <param name="connectionString">Of the database.</param>
    /// <param name="process">The process of the node, or <see langword="null"/> for all.</param>
    public static async Task<Outstanding> ReadAsync(string connectionString, int? process = null)
    {
        await using var connection = await OpenAsync(connectionString);
        await using var command = new NpgsqlCommand(
            """
            SELECT work.id, work.attempts FROM carrick.work JOIN carrick.consumers ON consumers.number = work.consumer WHERE consumers.name = ANY ($1)
                AND ($2::integer IS NULL OR work.shard IN (SELECT shard FROM carrick.leases JOIN carrick.nodes ON nodes.id = leases.node WHERE nodes.name LIKE '%/' || $2))
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [VictimSettings.Ledger, VictimSettings.Audit] });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)process ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        await using var row = await command.ExecuteReaderAsync();
        List<long> ids = [];
        List<int> attempts = [];
        while (await row.ReadAsync())
        {
            ids.Add(row.GetInt64(0));
            attempts.Add(row.GetInt32(1));
        }

        return new Outstanding(connectionString, [.. ids], [.. attempts]);
    }

    /// <summary>How many are as they were.</summary>
    public async Task<int> CountUntriedAsync()
    {
        await using var connection = await OpenAsync(connectionString);
        await using var command = new NpgsqlCommand(
            """
            SELECT count(*)::int FROM unnest($1, $2) AS was (id, attempts)
            WHERE EXISTS (SELECT 1 FROM carrick.work WHERE work.id = was.id AND work.attempts = was.attempts)
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter { Value = ids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        command.Parameters.Add(new NpgsqlParameter { Value = attempts, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer });
        return (int)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Waits until all shards are one node's.</summary>
    /// <exception cref="TimeoutException">They are not, much longer than a take-over may last.</exception>
    public static async Task WhenOneNodeHasAllAsync(string connectionString)
    {
        await using var connection = await OpenAsync(connectionString);
        await using var command = new NpgsqlCommand(
            "SELECT count(*) = 1 AND (SELECT bool_and(node = (SELECT min(id) FROM carrick.nodes)) FROM carrick.leases) FROM carrick.nodes", connection);
        for (var watch = Stopwatch.StartNew(); await command.ExecuteScalarAsync() is not true; await Task.Delay(100))
        {
            if (watch.Elapsed > TakeOverLimit)
            {
                throw new TimeoutException($"One node should have all shards, and has not after {TakeOverLimit.TotalSeconds} s.");
            }
        }
    }

    /// <summary>Whether a process is among the nodes: until it is taken for dead, or leaves.</summary>
    public static async Task<bool> IsNodeAsync(string connectionString, int process)
    {
        await using var connection = await OpenAsync(connectionString);
        await using var command = new NpgsqlCommand("SELECT EXISTS (SELECT 1 FROM carrick.nodes WHERE name LIKE '%/' || $1::integer)", connection);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = process });
        return await command.ExecuteScalarAsync() is true;
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        return connection;
    }
}
