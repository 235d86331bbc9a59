using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Carrick.Benchmarks.Load;
using Npgsql;

namespace Carrick.Benchmarks.Ingest;

/// <summary>What one row per commit allows on PostgreSQL: a prepared INSERT with a unique key, on 32 connections that wait for each commit.</summary>
internal static class PostgresSingleInserts
{
    private const int Sessions = 32;
    private const string Table = """CREATE TABLE raw_single (id bigserial PRIMARY KEY, message_id text COLLATE "C" NOT NULL UNIQUE, body bytea NOT NULL)""";
    private const string Insert = "INSERT INTO raw_single (message_id, body) VALUES ($1, $2) ON CONFLICT DO NOTHING";

    public static async Task<int> RunAsync(Settings settings)
    {
        var database = NpgsqlDataSource.Create(settings.Postgres + $";Maximum Pool Size={Sessions}");
        await using (database.ConfigureAwait(false))
        {
            await using (var create = database.CreateCommand(Table))
            {
                await create.ExecuteNonQueryAsync().ConfigureAwait(false);
            }

            var started = Stopwatch.GetTimestamp();
            var rows = await Task.WhenAll(Enumerable.Range(0, Sessions).Select(_ => LoopAsync(database, started, TimeSpan.FromSeconds(settings.Seconds)))).ConfigureAwait(false);
            Console.WriteLine((rows.Sum() / Stopwatch.GetElapsedTime(started).TotalSeconds).ToString("R", CultureInfo.InvariantCulture));
        }

        return 0;
    }

    private static async Task<long> LoopAsync(NpgsqlDataSource database, long started, TimeSpan length)
    {
        var body = SignedRequests.Body();
        await using var connection = await database.OpenConnectionAsync().ConfigureAwait(false);
        await using var command = new NpgsqlCommand(Insert, connection);
        var id = new NpgsqlParameter<string> { TypedValue = "" };
        command.Parameters.Add(id);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = body });
        await command.PrepareAsync().ConfigureAwait(false);
        var rows = 0L;
        while (Stopwatch.GetElapsedTime(started) < length)
        {
            id.TypedValue = "msg_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
            rows += await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }

        return rows;
    }
}
