using System.Diagnostics;
using Carrick.Benchmarks.Load;
using Carrick.Benchmarks.Reporting;
using Carrick.Benchmarks.Serving;
using Carrick.Benchmarks.Storage;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Carrick.Benchmarks.Growth;

/// <summary>
/// A store in which years of work have gathered: how long it takes to start, how long each list takes, and what receiving feels of readers, retention,
/// a replay of all dead letters and a backup. At the end a server with a short retention, whose files must stop growing.
/// </summary>
internal static class GrowthBenchmark
{
    private const int KeptSeconds = (StoreFill.Days + 10) * 86_400;
    private const int Readers = 10;
    private const int Times = 30;
    private static readonly TimeSpan BlocksWithin = TimeSpan.FromMinutes(20);

    private const string Tables = "SELECT (SELECT count(*) FROM ~events) + (SELECT count(*) FROM ~event_keys) + (SELECT count(*) FROM ~outcomes) + (SELECT count(*) FROM ~attempts)";

    // What cannot be answered from one end, and what nobody has an index for.
    private static readonly string[] Slow =
    [
        "events?type=nothing", "events?subject=nobody", $"events?type={StoreFill.RareType}&subject=customer%207", "deliveries?consumer=archive/rare", "events?to=2001-01-01T00:00:00Z",
        "deliveries?state=succeeded&consumer=bench/none", "dead-letters?type=nothing", "events?type=invoice.kind7&subject=customer%204", "deliveries?state=retrying", "events?integration=archive",
    ];

    public static async Task<int> RunAsync(Settings settings)
    {
        Directory.CreateDirectory(settings.Data);
        Report.Title($"Growth: {settings.Store}, {Report.Number(settings.Events)} events, {Report.Number(settings.Backlog)} outstanding, as many dead letters", settings);
        await using var store = await BenchStore.MakeAsync(settings).ConfigureAwait(false);
        var inside = store.Settings with { Consumer = "gated", Rate = settings.Rate > 0 ? settings.Rate : 500, RetentionSeconds = KeptSeconds };
        await MakeAsync(inside).ConfigureAwait(false);
        var fill = Stopwatch.StartNew();
        await StoreFill.RunAsync(inside, text => Console.Error.WriteLine($"  {fill.Elapsed:mm\\:ss} {text}")).ConfigureAwait(false);
        // What the fill has left to be written would be charged to the first commits.
        using (var sync = Process.Start("sync"))
        {
            await sync.WaitForExitAsync().ConfigureAwait(false);
        }

        Report.Table(["", "value"], [["bytes on disk per event, with its key, attempt and outcome", Report.Number(Bytes(inside) / (double)settings.Events)]]);

        await StartsAsync(inside).ConfigureAwait(false);
        var server = await ServerProcess.StartAsync(inside).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            await BlocksAsync(inside).ConfigureAwait(false);
            await ListsAsync(server, inside).ConfigureAwait(false);
            await BesideAsync(server, inside).ConfigureAwait(false);
        }

        await RetentionAsync(inside).ConfigureAwait(false);
        await SoakAsync(settings).ConfigureAwait(false);
        return 0;
    }

    // The server makes the schema and gives the names their numbers.
    private static async Task MakeAsync(Settings settings)
    {
        var server = await ServerProcess.StartAsync(settings).ConfigureAwait(false);
        await server.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task StartsAsync(Settings settings)
    {
        List<string[]> rows = [];
        for (var i = 0; i < settings.Repetitions; i++)
        {
            var server = await ServerProcess.StartAsync(settings).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                ServerFigures figures;
                while ((figures = await server.ReadAsync().ConfigureAwait(false)).StartToDispatch is null)
                {
                    await Task.Delay(10).ConfigureAwait(false);
                }

                rows.Add(["start to the first dispatch, ms (of the process)", $"{Report.Number(figures.StartToDispatch!.Value)} ({Report.Number(figures.ProcessToDispatch!.Value)})"]);
                server.Kill();
            }
        }

        Report.Table(["", "value"], rows);
    }

    private static async Task BlocksAsync(Settings settings)
    {
        var started = Stopwatch.StartNew();
        var (before, same) = (-1L, 0);
        while (same < 3 && started.Elapsed < BlocksWithin)
        {
            var blocks = Scalar(settings, settings.Postgres.Length > 0
                ? "SELECT (SELECT count(*) FROM carrick.event_blocks) + (SELECT count(*) FROM carrick.delivery_blocks)"
                : "SELECT (SELECT count(*) FROM event_blocks) + (SELECT count(*) FROM delivery_blocks)");
            (same, before) = (blocks == before ? same + 1 : 0, blocks);
            await Task.Delay(TimeSpan.FromSeconds(3)).ConfigureAwait(false);
        }

        Report.Table(["", "value"], [["s until an old store has all its blocks", Report.Number(started.Elapsed.TotalSeconds - 9)], ["blocks", Report.Number(before)]]);
    }

    private static async Task ListsAsync(ServerProcess server, Settings settings)
    {
        var middle = Uri.EscapeDataString(DateTimeOffset.UtcNow.AddDays(-StoreFill.Days / 2).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture));
        string[] queries =
        [
            "events", "events?type=invoice.kind7", $"events?type={StoreFill.RareType}", $"events?subject={Uri.EscapeDataString(StoreFill.RareSubject)}", "events?subject=customer%204711",
            $"events?to={middle}", $"events?from={middle}&to={middle}", $"events?type={StoreFill.RareType}&to={middle}", "events?messageId=msg_none",
            "deliveries", "deliveries?state=pending", "deliveries?state=succeeded", "deliveries?state=discarded", "deliveries?state=dead", "deliveries?integration=archive",
            "dead-letters", "dead-letters?consumer=archive/rare", $"dead-letters?to={middle}", "audit", "replays", .. Slow,
        ];
        using var reader = new ListReader(server.Port);
        List<string[]> rows = [];
        foreach (var query in queries)
        {
            await reader.MeasureAsync(query, 3).ConfigureAwait(false);
            var (latencies, items, isPartial) = await reader.MeasureAsync(query, Times).ConfigureAwait(false);
            rows.Add([
                $"`GET /v1/{Uri.UnescapeDataString(query)}`", Report.Number(latencies.Percentile(50), "N1"), Report.Number(latencies.Percentile(99), "N1"),
                Report.Number(items) + (isPartial ? ", partial" : "")]);
        }

        Report.Table(["list", "p50 ms", "p99 ms", "items"], rows);
    }

    private static async Task BesideAsync(ServerProcess server, Settings settings)
    {
        await LoadAsync(server, settings.ToWarmUp()).ConfigureAwait(false);
        using var reader = new ListReader(server.Port);
        List<string[]> rows = [];
        for (var i = 0; i < settings.Repetitions; i++)
        {
            rows.Add(Row("alone", await LoadAsync(server, settings).ConfigureAwait(false)));
            rows.Add(await BesideReadersAsync(server, settings).ConfigureAwait(false));
        }

        rows.Add(Row("beside a backup", await BesideAsync(server, settings, BackUpAsync(settings)).ConfigureAwait(false)));
        await reader.PostAsync("dead-letters/replay", """{"filter":{}}""").ConfigureAwait(false);
        rows.Add(Row($"beside a replay of {Report.Number(settings.Backlog)} dead letters", await LoadAsync(server, settings).ConfigureAwait(false)));
        Report.Table([$"receiving {settings.Rate}/s", "p50 ms", "p99 ms", "max ms", ""], rows);
    }

    private static async Task<string[]> BesideReadersAsync(ServerProcess server, Settings settings)
    {
        using var over = new CancellationTokenSource();
        var readers = Enumerable.Range(0, Readers).Select(async i =>
        {
            using var reader = new ListReader(server.Port);
            return await reader.RunAsync(Slow[i % Slow.Length], over.Token).ConfigureAwait(false);
        }).ToArray();
        var load = await LoadAsync(server, settings).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        var answers = await Task.WhenAll(readers).ConfigureAwait(false);
        return Row($"beside {Readers} slow readers", load, $"{Report.Number(answers.Sum(answer => answer.Answers))} answers, {Report.Number(answers.Sum(answer => answer.Refused))} refused");
    }

    private static async Task<LoadResult> BesideAsync(ServerProcess server, Settings settings, Task other)
    {
        var load = await LoadAsync(server, settings).ConfigureAwait(false);
        await other.ConfigureAwait(false);
        return load;
    }

    // By the tools that the guide names, on a copy that is thrown away.
    private static async Task BackUpAsync(Settings settings)
    {
        var target = Path.Combine(settings.Data, "backup");
        var start = settings.Postgres.Length > 0
            ? new ProcessStartInfo("nice", ["-n", "10", "pg_dump", "--format=custom", "--compress=0", $"--file={target}", $"--dbname={Uri(settings.Postgres)}"])
            : new ProcessStartInfo("nice", ["-n", "10", "sqlite3", Path.Combine(settings.Data, "carrick.db"), $".backup '{target}'"]);
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync().ConfigureAwait(false);
        File.Delete(target);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException("The backup failed.");
        }

        static string Uri(string connectionString)
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            return $"host={settings.Host} port={settings.Port} dbname={settings.Database} user={settings.Username} password={settings.Password}";
        }
    }

    // A third of the events comes of age at once.
    private static async Task RetentionAsync(Settings settings)
    {
        var sized = settings with { RetentionSeconds = StoreFill.Days * 86_400 * 2 / 3 };
        List<string[]> rows = [];
        var server = await ServerProcess.StartAsync(sized).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            var (before, started) = (Count(settings), Stopwatch.GetTimestamp());
            for (var i = 0; i < settings.Repetitions; i++)
            {
                rows.Add(Row("beside retention", await LoadAsync(server, settings).ConfigureAwait(false)));
            }

            var (gone, seconds) = (before - Count(settings), Stopwatch.GetElapsedTime(started).TotalSeconds);
            rows.Add(["rows deleted in a second, beyond those received", "", "", "", Report.Number(gone / seconds)]);
        }

        Report.Table([$"receiving {settings.Rate}/s", "p50 ms", "p99 ms", "max ms", ""], rows);
    }

    private static async Task SoakAsync(Settings settings)
    {
        await using var store = await BenchStore.MakeAsync(settings).ConfigureAwait(false);
        var server = await ServerProcess.StartAsync(store.Settings with { Consumer = "handler", RetentionSeconds = 60 }).ConfigureAwait(false);
        List<string[]> rows = [];
        await using (server.ConfigureAwait(false))
        {
            var closed = await LoadAsync(server, (settings with { Rate = 0 }).ToWarmUp()).ConfigureAwait(false);
            var rate = (int)(closed.PerSecond / 2);
            var started = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(started).TotalSeconds < settings.SoakSeconds)
            {
                var load = await LoadAsync(server, settings with { Rate = rate, Seconds = 28 }).ConfigureAwait(false);
                var size = Bytes(store.Settings);
                rows.Add([
                    Report.Number(Stopwatch.GetElapsedTime(started).TotalSeconds), Report.Number(load.PerSecond), Report.Number(size / 1_048_576.0), Report.Number(load.P50, "N1"), Report.Number(load.P99, "N1")]);
                Console.Error.WriteLine($"  soak: {string.Join(", ", rows[^1])}");
            }
        }

        Report.Table(["s of a soak with a retention of 60 s", "events/s", "MiB on disk", "p50 ms", "p99 ms"], rows);
    }

    private static async Task<LoadResult> LoadAsync(ServerProcess server, Settings settings) =>
        LoadResult.FromJson(await Child.RunAsync("load", settings with { Ports = [server.Port] }).ConfigureAwait(false));

    private static string[] Row(string name, LoadResult load, string more = "") =>
        [name, Report.Number(load.P50, "N2"), Report.Number(load.P99, "N2"), Report.Number(load.Max, "N1"), load.Refused > 0 ? $"{Report.Number(load.Refused)} refused" : more];

    private static long Count(Settings settings) =>
        Scalar(settings, Tables.Replace("~", settings.Postgres.Length > 0 ? "carrick." : "", StringComparison.Ordinal));

    private static long Bytes(Settings settings) => settings.Postgres.Length > 0
        ? Scalar(settings, "SELECT pg_database_size(current_database())")
        : new DirectoryInfo(settings.Data).GetFiles().Sum(file => file.Length);

    private static long Scalar(Settings settings, string sql)
    {
        using System.Data.Common.DbConnection connection = settings.Postgres.Length > 0
            ? new NpgsqlConnection(new NpgsqlConnectionStringBuilder(settings.Postgres) { CommandTimeout = 0, Pooling = false }.ConnectionString)
            : new SqliteConnection($"Data Source={Path.Combine(settings.Data, "carrick.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
