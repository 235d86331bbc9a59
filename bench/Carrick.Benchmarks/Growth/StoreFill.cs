using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Carrick.Benchmarks.Growth;

/// <summary>
/// Fills a store that a server has made with the rows that months of work leave: events spread over 60 days, each delivered by one attempt; the newest of them
/// outstanding, as many dead letters in the middle, and a few of a type, a subject and an integration that nothing else has. Plain SQL, because through the engine it would take an hour.
/// </summary>
internal sealed class StoreFill : IAsyncDisposable
{
    public const int Days = 60;
    public const string RareType = "refund.failed";
    public const string RareSubject = "customer rare";
    private const int PerStatement = 500_000;

    private readonly DbConnection _connection;
    private readonly bool _isPostgres;

    private StoreFill(DbConnection connection, bool isPostgres) => (_connection, _isPostgres) = (connection, isPostgres);

    public static async Task RunAsync(Settings settings, Action<string> progress)
    {
        DbConnection connection = settings.Postgres.Length > 0
            ? new NpgsqlConnection(new NpgsqlConnectionStringBuilder(settings.Postgres) { CommandTimeout = 0, Pooling = false }.ConnectionString)
            : new SqliteConnection($"Data Source={Path.Combine(settings.Data, "carrick.db")};Pooling=False;Default Timeout=0");
        await using var fill = new StoreFill(connection, settings.Postgres.Length > 0);
        await connection.OpenAsync().ConfigureAwait(false);
        await fill.FillAsync(settings.Events, settings.Backlog, progress).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task FillAsync(int events, int backlog, Action<string> progress)
    {
        await RunAsync(_isPostgres
            ? "SET search_path = carrick; SET synchronous_commit = off; SET work_mem = '256MB'"
            : "PRAGMA synchronous = OFF; PRAGMA cache_size = -3000000; PRAGMA wal_autocheckpoint = 100000").ConfigureAwait(false);
        var bench = await NumberAsync("integrations", Serving.BenchServer.Integration).ConfigureAwait(false);
        var consumer = await NumberAsync("consumers", Serving.BenchServer.Integration + "/*").ConfigureAwait(false);
        await RunAsync("INSERT INTO integrations (name) VALUES ('archive') ON CONFLICT DO NOTHING; INSERT INTO consumers (name) VALUES ('archive/rare') ON CONFLICT DO NOTHING").ConfigureAwait(false);
        var archive = await NumberAsync("integrations", "archive").ConfigureAwait(false);
        var rare = await NumberAsync("consumers", "archive/rare").ConfigureAwait(false);
        var step = Days * 86_400_000L / events;
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        var start = now - (events * step) - 60_000;
        await MakeDaysAsync(start, now).ConfigureAwait(false);

        // Row x has the id of its time; that of its delivery follows it.
        var at = Text($"({start} + x * {step})");
        var id = _isPostgres ? $"({at}::bigint << 12)" : $"({at} << 12)";
        var isRare = "x % 1000003 = 500";
        var (message, body) = _isPostgres
            ? ("'msg_' || md5(x::text)", "convert_to('{\"n\":' || lpad(x::text, 250, '0') || '}', 'UTF8')")
            : ("'msg_' || lower(hex(randomblob(16)))", "CAST(printf('{\"n\":%0250d}', x) AS BLOB)");
        for (var first = 0; first < events; first += PerStatement)
        {
            var last = Math.Min(first + PerStatement, events) - 1;
            var rows = _isPostgres ? Text($"generate_series({first}, {last}) AS n(x)") : "n";
            var with = _isPostgres ? "" : Text($"WITH RECURSIVE n(x) AS (SELECT {first} UNION ALL SELECT x + 1 FROM n WHERE x < {last}) ");
            var (lastOver, firstDead, lastDead) = (events - backlog - 1, events / 2, (events / 2) + backlog - 1);
            await RunAsync(
                $"""
                INSERT INTO event_keys (event, integration, message_id, body_hash) {with}
                SELECT {id}, CASE WHEN {isRare} THEN {archive} ELSE {bench} END, {message}, x FROM {rows};
                INSERT INTO events (id, integration, type, message_id, subject, content_type, received_at, verdict, body) {with}
                SELECT {id}, CASE WHEN {isRare} THEN {archive} ELSE {bench} END, CASE WHEN {isRare} THEN '{RareType}' ELSE 'invoice.kind' || (x % 20) END,
                    'msg_x', CASE WHEN {isRare} THEN '{RareSubject}' ELSE 'customer ' || (x % 1000000) END, 'application/json', {at}, 'verified', {body} FROM {rows};
                INSERT INTO attempts (delivery, number, started_at, duration, category) {with}
                SELECT {id} + 1, 1, {at} + 3, 1500, 0 FROM {rows} WHERE x <= {lastOver};
                INSERT INTO outcomes (delivery, consumer, event, outcome, at, attempts) {with}
                SELECT {id} + 1, CASE WHEN {isRare} THEN {rare} ELSE {consumer} END, {id}, CASE WHEN x % 2000003 = 77 THEN 3 ELSE 1 END, {at} + 5, 1 FROM {rows}
                WHERE x <= {lastOver} AND NOT (x BETWEEN {firstDead} AND {lastDead});
                INSERT INTO dead_letters (delivery, consumer, event, integration, type, attempts, category, reason, at) {with}
                SELECT {id} + 1, CASE WHEN {isRare} THEN {rare} ELSE {consumer} END, {id}, {bench}, 'invoice.kind' || (x % 20), 1, 3, 'HTTP 400', {at} + 5 FROM {rows}
                WHERE x <= {lastOver} AND x BETWEEN {firstDead} AND {lastDead};
                INSERT INTO work (consumer, id, event) {with}
                SELECT {consumer}, {id} + 1, {id} FROM {rows} WHERE x > {lastOver};
                """).ConfigureAwait(false);
            progress($"{last + 1:N0} events");
        }

        progress("statistics and log");
        await RunAsync(_isPostgres
            ? "SELECT setval('ids', (SELECT max(id) + 1 FROM events)); VACUUM ANALYZE"
            : "PRAGMA wal_checkpoint(TRUNCATE)").ConfigureAwait(false);
    }

    private async Task MakeDaysAsync(long start, long end)
    {
        for (var day = DateTimeOffset.FromUnixTimeMilliseconds(start).UtcDateTime.Date; _isPostgres && day <= DateTimeOffset.FromUnixTimeMilliseconds(end).UtcDateTime.Date; day = day.AddDays(1))
        {
            var (name, from) = ($"events_{day:yyyyMMdd}", new DateTimeOffset(day, TimeSpan.Zero).ToUnixTimeMilliseconds() << 12);
            await RunAsync(Text($"CREATE TABLE IF NOT EXISTS {name} PARTITION OF events FOR VALUES FROM ({from}) TO ({from + (86_400_000L << 12)})")).ConfigureAwait(false);
        }
    }

    private async Task<int> NumberAsync(string table, string name)
    {
        await using var command = _connection.CreateCommand();
        command.CommandText = $"SELECT number FROM {table} WHERE name = '{name}'";
        return Convert.ToInt32(await command.ExecuteScalarAsync().ConfigureAwait(false) ?? throw new InvalidOperationException($"'{name}' is not in {table}."), CultureInfo.InvariantCulture);
    }

    private async Task RunAsync(string sql)
    {
        foreach (var statement in sql.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            await using var command = _connection.CreateCommand();
            command.CommandText = statement;
            await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
