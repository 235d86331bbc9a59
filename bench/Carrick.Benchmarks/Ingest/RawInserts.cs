using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Carrick.Benchmarks.Load;
using Carrick.Sqlite.Raw;
using Carrick.Sqlite.Schema;
using Carrick.Storage.Rows;

namespace Carrick.Benchmarks.Ingest;

/// <summary>
/// The yardstick: the rows that Carrick stores per event, in the same schema, with the same durability, in full batches of 256,
/// by prepared statements on one thread. No HTTP, no signature, no answer to anybody. In a process of its own.
/// </summary>
internal static class RawInserts
{
    private const int Batch = 256;
    private const int DuplicateEvery = 10;

    public static Task<int> RunAsync(Settings settings) => (settings.Postgres.Length, settings.Consumer) switch
    {
        (0, _) => RunOnSqliteAsync(settings),
        (_, "single") => PostgresSingleInserts.RunAsync(settings),
        _ => PostgresRawInserts.RunAsync(settings),
    };

    private static Task<int> RunOnSqliteAsync(Settings settings)
    {
        using var database = new SqliteFile($"Data Source={Path.Combine(settings.Data, "raw.db")}").OpenWriter("");
        MigrationRunner.Run(database, "raw", Migrations.All);
        var writer = new Writer(database);
        var started = Stopwatch.GetTimestamp();
        var length = TimeSpan.FromSeconds(settings.Seconds);
        while (Stopwatch.GetElapsedTime(started) < length)
        {
            writer.Commit();
        }

        Console.WriteLine(((writer.Offered / Stopwatch.GetElapsedTime(started).TotalSeconds)).ToString("R", System.Globalization.CultureInfo.InvariantCulture));
        return Task.FromResult(0);
    }

    private sealed class Writer(Database database)
    {
        private readonly Statement _begin = database["BEGIN IMMEDIATE"];
        private readonly Statement _commit = database["COMMIT"];

        private readonly Statement _key = database[
            "INSERT INTO event_keys (event, integration, message_id, body_hash) VALUES (?1, 1, ?2, ?3) ON CONFLICT (integration, message_id) DO NOTHING"];

        private readonly Statement _event = database[
            """
            INSERT INTO events (id, integration, type, message_id, content_type, received_at, verdict, headers, body)
            VALUES (?1, 1, 'invoice.paid', ?2, 'application/json', ?3, 'standard-webhooks/v1#1', ?4, ?5)
            """];

        private readonly Statement _work = database["INSERT INTO work (consumer, id, event) VALUES (1, ?1, ?2)"];
        private readonly byte[] _body = SignedRequests.Body();
        private readonly byte[] _headers = Encoding.ASCII.GetBytes(
            """["content-type","application/json","user-agent","benchmark","webhook-id","msg_0123456789abcdef00000000","webhook-timestamp","1760000000"]""");

        private readonly long _bodyHash = BitConverter.ToInt64(SHA256.HashData(SignedRequests.Body()));
        private readonly string[] _recent = new string[DuplicateEvery];
        private long _id = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() << 12;

        public long Offered { get; private set; }

        public void Commit()
        {
            _begin.Run();
            var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            for (var i = 0; i < Batch; i++, Offered++)
            {
                var id = Offered % DuplicateEvery == DuplicateEvery - 1 ? _recent[0] : NewId();
                _recent[Offered % DuplicateEvery] = id;
                var key = ++_id;
                if (_key.Bind(1, key).Bind(2, id).Bind(3, _bodyHash).Run() == 1)
                {
                    _event.Bind(1, key).Bind(2, id).Bind(3, now).BindBlob(4, _headers).BindBlob(5, _body).Run();
                    _work.Bind(1, ++_id).Bind(2, key).Run();
                }
            }

            _commit.Run();
        }

        private static string NewId() => "msg_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
    }
}
