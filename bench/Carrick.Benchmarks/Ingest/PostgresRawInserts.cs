using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Carrick.Benchmarks.Load;
using Npgsql;
using NpgsqlTypes;

namespace Carrick.Benchmarks.Ingest;

/// <summary>
/// The yardstick on PostgreSQL: rows in batches of 100 in one transaction, by one prepared statement for each table, on one connection.
/// No HTTP, no signature, no answer to anybody. Either the rows that Carrick stores per event, in tables of the same form, or one table with a unique key.
/// </summary>
internal static class PostgresRawInserts
{
    private const int Batch = 100;
    private const int DuplicateEvery = 10;

    private const string Tables =
        """
        CREATE TABLE raw_keys (event bigint NOT NULL, body_hash bigint NOT NULL, integration integer NOT NULL, message_id text COLLATE "C" NOT NULL, PRIMARY KEY (integration, message_id));
        CREATE INDEX raw_keys_event ON raw_keys (event);
        CREATE TABLE raw_events (id bigint PRIMARY KEY, integration integer NOT NULL, received_at bigint NOT NULL, type text NOT NULL, message_id text COLLATE "C" NOT NULL,
            content_type text, verdict text, headers bytea, body bytea NOT NULL);
        CREATE TABLE raw_work (id bigint NOT NULL, event bigint NOT NULL, due_at bigint NOT NULL DEFAULT 0, consumer integer NOT NULL, PRIMARY KEY (consumer, id));
        CREATE TABLE raw_one (id bigint PRIMARY KEY, message_id text COLLATE "C" NOT NULL UNIQUE, body bytea NOT NULL);
        """;

    private const string Keys = "INSERT INTO raw_keys (event, body_hash, integration, message_id) SELECT id, $3, 1, m FROM unnest($1::bigint[], $2::text[]) AS k (id, m) ON CONFLICT DO NOTHING";

    private const string Events =
        """
        INSERT INTO raw_events (id, integration, received_at, type, message_id, content_type, verdict, headers, body)
        SELECT id, 1, $3, 'invoice.paid', m, 'application/json', 'standard-webhooks/v1#1', $4, b FROM unnest($1::bigint[], $2::text[], $5::bytea[]) AS e (id, m, b)
        """;

    private const string Work = "INSERT INTO raw_work (id, event, consumer) SELECT id + 1, id, 1 FROM unnest($1::bigint[]) AS w (id)";

    private const string One = "INSERT INTO raw_one (id, message_id, body) SELECT id, m, b FROM unnest($1::bigint[], $2::text[], $3::bytea[]) AS o (id, m, b) ON CONFLICT DO NOTHING";

    public static async Task<int> RunAsync(Settings settings)
    {
        await using var connection = new NpgsqlConnection(settings.Postgres + ";Pooling=False;Max Auto Prepare=16;Auto Prepare Min Usages=2");
        await connection.OpenAsync().ConfigureAwait(false);
        await using (var create = new NpgsqlCommand(Tables, connection))
        {
            await create.ExecuteNonQueryAsync().ConfigureAwait(false);
        }

        var rows = new Rows();
        var offered = 0L;
        var started = Stopwatch.GetTimestamp();
        var length = TimeSpan.FromSeconds(settings.Seconds);
        while (Stopwatch.GetElapsedTime(started) < length)
        {
            rows.Fill();
            using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN"));
            foreach (var command in settings.Consumer == "one" ? rows.OneTable() : rows.AllTables())
            {
                batch.BatchCommands.Add(command);
            }

            batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
            batch.ExecuteNonQuery();
            offered += Batch;
        }

        Console.WriteLine((offered / Stopwatch.GetElapsedTime(started).TotalSeconds).ToString("R", CultureInfo.InvariantCulture));
        return 0;
    }

    private sealed class Rows
    {
        private readonly byte[] _headers = Encoding.ASCII.GetBytes(
            """["content-type","application/json","user-agent","benchmark","webhook-id","msg_0123456789abcdef00000000","webhook-timestamp","1760000000"]""");

        private readonly long _hash = BitConverter.ToInt64(SHA256.HashData(SignedRequests.Body()));
        private readonly byte[][] _bodies = [.. Enumerable.Repeat(SignedRequests.Body(), Batch)];
        private readonly byte[][] _newBodies = [.. Enumerable.Repeat(SignedRequests.Body(), Batch - Batch / DuplicateEvery)];
        private readonly long[] _ids = new long[Batch];
        private readonly string[] _messages = new string[Batch];
        private long[] _newIds = [];
        private string[] _newMessages = [];
        private long _id = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() << 12;

        public void Fill()
        {
            for (var i = 0; i < Batch; i++)
            {
                _ids[i] = _id += 2;
                _messages[i] = i % DuplicateEvery == DuplicateEvery - 1 ? _messages[i - DuplicateEvery + 1] : "msg_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
            }

            _newIds = [.. _ids.Where((_, i) => i % DuplicateEvery != DuplicateEvery - 1)];
            _newMessages = [.. _messages.Where((_, i) => i % DuplicateEvery != DuplicateEvery - 1)];
        }

        public NpgsqlBatchCommand[] AllTables() =>
        [
            Command(Keys, (NpgsqlDbType.Array | NpgsqlDbType.Bigint, _ids), (NpgsqlDbType.Array | NpgsqlDbType.Text, _messages), (NpgsqlDbType.Bigint, _hash)),
            Command(
                Events,
                (NpgsqlDbType.Array | NpgsqlDbType.Bigint, _newIds), (NpgsqlDbType.Array | NpgsqlDbType.Text, _newMessages),
                (NpgsqlDbType.Bigint, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()), (NpgsqlDbType.Bytea, _headers), (NpgsqlDbType.Array | NpgsqlDbType.Bytea, _newBodies)),
            Command(Work, (NpgsqlDbType.Array | NpgsqlDbType.Bigint, _newIds)),
        ];

        public NpgsqlBatchCommand[] OneTable() =>
        [
            Command(One, (NpgsqlDbType.Array | NpgsqlDbType.Bigint, _ids), (NpgsqlDbType.Array | NpgsqlDbType.Text, _messages), (NpgsqlDbType.Array | NpgsqlDbType.Bytea, _bodies)),
        ];

        private static NpgsqlBatchCommand Command(string sql, params (NpgsqlDbType Type, object Value)[] parameters)
        {
            var command = new NpgsqlBatchCommand(sql);
            foreach (var (type, value) in parameters)
            {
                command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value });
            }

            return command;
        }
    }
}
