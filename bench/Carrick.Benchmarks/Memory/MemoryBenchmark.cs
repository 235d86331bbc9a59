using System.Diagnostics;
using Carrick.Benchmarks.Load;
using Carrick.Benchmarks.Reporting;
using Carrick.Benchmarks.Serving;

namespace Carrick.Benchmarks.Memory;

/// <summary>A large store with a backlog: memory at rest and under load, the start after a crash, and what an idle server uses.</summary>
internal static class MemoryBenchmark
{
    private const double MiB = 1024 * 1024;
    private const int IdleSeconds = 20;

    /// <summary>The compiler works for a while after a start; that is no cost of being idle.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(40);


    public static async Task<int> RunAsync(Settings settings)
    {
        Directory.CreateDirectory(settings.Data);
        Report.Title($"Memory with {Report.Number(settings.Events)} events, {Report.Number(settings.Backlog)} outstanding", settings);
        using var data = new DataDirectory(settings.Data);
        var inside = settings with { Data = data.Path };
        await Child.RunAsync("seed", inside).ConfigureAwait(false);
        var rows = new List<string[]>();
        for (var i = 0; i < settings.Repetitions; i++)
        {
            var server = await ServerProcess.StartAsync(inside with { Consumer = "gated" }).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                rows.Add(await StartAsync(server).ConfigureAwait(false));
                if (i == settings.Repetitions - 1)
                {
                    await MeasureAsync(settings, server, rows).ConfigureAwait(false);
                }

                server.Kill();
            }
        }

        Report.Table(["", "value"], rows);
        return 0;
    }

    private static async Task<string[]> StartAsync(ServerProcess server)
    {
        while (true)
        {
            var figures = await server.ReadAsync().ConfigureAwait(false);
            if (figures is { StartToDispatch: { } fromStart, ProcessToDispatch: { } fromProcess })
            {
                return ["start after a crash to the first handler, ms (from the start of the process)", $"{Report.Number(fromStart)} ({Report.Number(fromProcess)})"];
            }

            await Task.Delay(20).ConfigureAwait(false);
        }
    }

    private static async Task MeasureAsync(Settings settings, ServerProcess server, List<string[]> rows)
    {
        await Task.Delay(Settle).ConfigureAwait(false);
        rows.Add(await MemoryAsync(server, "memory at rest, MiB (managed heap)").ConfigureAwait(false));
        var before = await server.ReadAsync().ConfigureAwait(false);
        var started = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(IdleSeconds)).ConfigureAwait(false);
        var after = await server.ReadAsync().ConfigureAwait(false);
        rows.Add(["CPU when idle", Report.Number((after.CpuSeconds - before.CpuSeconds) / Stopwatch.GetElapsedTime(started).TotalSeconds, "P2")]);
        rows.Add(["commits and reads when idle, in 20 s", Report.Number(after.Commits - before.Commits) + ", " + Report.Number(after.Reads - before.Reads)]);
        var load = LoadResult.FromJson(await Child.RunAsync("load", settings with { Ports = [server.Port] }).ConfigureAwait(false));
        rows.Add(await MemoryAsync(server, $"memory after {settings.Seconds} s at {Report.Number(load.PerSecond)} events/s, MiB (managed heap)").ConfigureAwait(false));
    }

    private static async Task<string[]> MemoryAsync(ServerProcess server, string name)
    {
        var figures = await server.ReadAsync().ConfigureAwait(false);
        return [name, $"{Report.Number(figures.ResidentBytes / MiB)} ({Report.Number(figures.HeapBytes / MiB)})"];
    }
}
