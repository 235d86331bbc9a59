using System.Diagnostics;
using Carrick.Benchmarks.Load;
using Carrick.Benchmarks.Reporting;
using Carrick.Benchmarks.Serving;
using Carrick.Benchmarks.Storage;

namespace Carrick.Benchmarks.Handling;

/// <summary>Receive, handle in a transaction of its own, complete: what is sustained until all is done; and how soon a handler starts when nothing else happens.</summary>
internal static class HandlerBenchmark
{
    private const int IdleRate = 50;
    private static readonly TimeSpan DrainWithin = TimeSpan.FromMinutes(2);

    public static async Task<int> RunAsync(Settings settings)
    {
        Directory.CreateDirectory(settings.Data);
        Report.Title("Handler", settings);
        List<string[]> rows = [];
        List<double> rates = [];
        for (var i = 0; i < settings.Repetitions; i++)
        {
            await using var store = await BenchStore.MakeAsync(settings).ConfigureAwait(false);
            var server = await ServerProcess.StartAsync(store.Settings with { Consumer = "handler" }).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                var load = settings with { Ports = [server.Port] };
                await Child.RunAsync("load", load.ToWarmUp()).ConfigureAwait(false);
                await DrainedAsync(server).ConfigureAwait(false);
                var before = (await server.ReadAsync().ConfigureAwait(false)).Handled;
                var sent = LoadResult.FromJson(await Child.RunAsync("load", load).ConfigureAwait(false));
                var handledUnderLoad = (await server.ReadAsync().ConfigureAwait(false)).Handled - before;
                var end = await DrainedAsync(server).ConfigureAwait(false);
                var handled = end.Handled - before;
                var seconds = (end.LastHandledAt - sent.StartedAt).TotalSeconds;
                rates.Add(handled / seconds);
                rows.Add([
                    Report.Number(sent.PerSecond), Report.Number(handledUnderLoad / sent.Seconds), Report.Number(handled),
                    Report.Number(seconds, "N1"), Report.Number(handled / seconds)]);
            }
        }

        Report.Table(["accepted/s", "handled/s under load", "events", "s until drained", "handled/s until drained"], rows);
        Console.WriteLine($"Median: {Report.Number(Report.Median(rates))} events/s.");
        Console.WriteLine();
        await IdleAsync(settings).ConfigureAwait(false);
        return 0;
    }

    private static async Task IdleAsync(Settings settings)
    {
        await using var store = await BenchStore.MakeAsync(settings).ConfigureAwait(false);
        var server = await ServerProcess.StartAsync(store.Settings with { Consumer = "handler" }).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            await Child.RunAsync("load", (settings with { Ports = [server.Port] }).ToWarmUp()).ConfigureAwait(false);
            await DrainedAsync(server).ConfigureAwait(false);
            await server.ResetAsync().ConfigureAwait(false);
            var sent = LoadResult.FromJson(
                await Child.RunAsync("load", settings with { Ports = [server.Port], Rate = IdleRate, Connections = 1 }).ConfigureAwait(false));
            var figures = await server.ReadAsync().ConfigureAwait(false);
            Report.Table(
                ["one event every 20 ms", "p50 ms", "p99 ms"],
                [
                    ["acceptance to handler start", Report.Number(figures.AgeP50!.Value, "N2"), Report.Number(figures.AgeP99!.Value, "N2")],
                    ["acknowledgement", Report.Number(sent.P50, "N2"), Report.Number(sent.P99, "N2")],
                ]);
        }
    }

    private static async Task<ServerFigures> DrainedAsync(ServerProcess server)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < DrainWithin)
        {
            var figures = await server.ReadAsync().ConfigureAwait(false);
            if (figures.Outstanding == 0)
            {
                return figures;
            }

            await Task.Delay(100).ConfigureAwait(false);
        }

        throw new TimeoutException("The backlog was not drained.");
    }
}
