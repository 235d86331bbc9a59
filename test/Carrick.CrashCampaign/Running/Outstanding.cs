using Carrick.CrashCampaign.Victim;
using Npgsql;
using NpgsqlTypes;

namespace Carrick.CrashCampaign.Running;

/// <summary>The deliveries of handlers that were outstanding at one moment, read with plain SQL, and how many of them nobody has tried since.</summary>
internal sealed class Outstanding(string connectionString, long[] ids, int[] attempts)
{
    public int Count => ids.Length;

    public static async Task<Outstanding> ReadAsync(string connectionString)
    {
        await using var connection = await OpenAsync(connectionString);
        await using var command = new NpgsqlCommand(
            "SELECT work.id, work.attempts FROM carrick.work JOIN carrick.consumers ON consumers.number = work.consumer WHERE consumers.name = ANY ($1)", connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [VictimSettings.Ledger, VictimSettings.Audit] });
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

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        return connection;
    }
}
