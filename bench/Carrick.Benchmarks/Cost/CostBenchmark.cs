using Carrick.Benchmarks.Load;
using Carrick.Benchmarks.Reporting;
using Carrick.Benchmarks.Serving;

namespace Carrick.Benchmarks.Cost;

/// <summary>What one event costs the server.</summary>
internal static class CostBenchmark
{
    /// <summary>The log before, the database file after.</summary>
    private const int SyncsPerCheckpoint = 2;

    public static async Task<int> RunAsync(Settings settings)
    {
        Directory.CreateDirectory(settings.Data);
        Report.Title("Cost per event", settings);
        Report.Table(
            ["", "events/s", "CPU µs", "commits", "syncs", "log bytes", "disk bytes", "allocated bytes"],
            [
                await MeasureAsync(settings, "receive only, 64 connections", "gated", settings.Connections).ConfigureAwait(false),
                await MeasureAsync(settings, "receive and handle, 64 connections", "handler", settings.Connections).ConfigureAwait(false),
                await MeasureAsync(settings, "receive only, 1 connection", "gated", 1).ConfigureAwait(false),
            ]);
        return 0;
    }

    private static async Task<string[]> MeasureAsync(Settings settings, string name, string consumer, int connections)
    {
        using var data = new DataDirectory(settings.Data);
        var server = await ServerProcess.StartAsync(settings with { Data = data.Path, Consumer = consumer }).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            var load = settings with { Ports = [server.Port], Connections = connections };
            await Child.RunAsync("load", (load with { Connections = settings.Connections }).ToWarmUp()).ConfigureAwait(false);
            var before = await server.ReadAsync().ConfigureAwait(false);
            var sent = LoadResult.FromJson(await Child.RunAsync("load", load).ConfigureAwait(false));
            var after = await server.ReadAsync().ConfigureAwait(false);
            double events = sent.Accepted + sent.Duplicates;
            return
            [
                name,
                Report.Number(sent.PerSecond),
                Report.Number((after.CpuSeconds - before.CpuSeconds) * 1e6 / events, "N1"),
                Report.Number((after.Commits - before.Commits) / events, "N3"),
                Report.Number((after.Commits - before.Commits + (SyncsPerCheckpoint * (after.Checkpoints - before.Checkpoints))) / events, "N3"),
                Report.Number((after.WalBytes - before.WalBytes) / events),
                Report.Number((after.DiskBytes - before.DiskBytes) / events),
                Report.Number((after.AllocatedBytes - before.AllocatedBytes) / events),
            ];
        }
    }
}
