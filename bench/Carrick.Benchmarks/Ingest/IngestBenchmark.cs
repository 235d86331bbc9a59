using System.Globalization;
using Carrick.Benchmarks.Load;
using Carrick.Benchmarks.Reporting;
using Carrick.Benchmarks.Serving;
using Carrick.Benchmarks.Storage;

namespace Carrick.Benchmarks.Ingest;

/// <summary>Durable ingest over HTTP beside raw inserts of the same rows, alternating; then the latency of acknowledgements at half of that load.</summary>
internal static class IngestBenchmark
{
    public static async Task<int> RunAsync(Settings settings)
    {
        Directory.CreateDirectory(settings.Data);
        Report.Title("Ingest", settings);
        List<double> raw = [];
        List<double> one = [];
        List<LoadResult> http = [];
        for (var i = 0; i < settings.Repetitions; i++)
        {
            raw.Add(await RawAsync(settings).ConfigureAwait(false));
            if (settings.Store == "postgres")
            {
                one.Add(await RawAsync(settings with { Consumer = "one" }).ConfigureAwait(false));
            }

            http.Add(await HttpAsync(settings, 0).ConfigureAwait(false));
        }

        var rawMedian = Report.Median(raw);
        var httpMedian = Report.Median(http.Select(result => result.PerSecond));
        Report.Table(
            ["", "median events/s", "all", "p50 ms", "p99 ms", "generator CPU"],
            [
                ["raw inserts", Report.Number(rawMedian), string.Join(", ", raw.Select(value => Report.Number(value))), "", "", ""],
                ["durable ingest over HTTP", Report.Number(httpMedian), string.Join(", ", http.Select(result => Report.Number(result.PerSecond))),
                    Report.Number(Report.Median(http.Select(result => result.P50)), "N2"), Report.Number(Report.Median(http.Select(result => result.P99)), "N2"),
                    Report.Percent(Report.Median(http.Select(result => result.CpuSeconds / result.Seconds)))],
                ["ratio", Report.Percent(httpMedian / rawMedian), "", "", "", ""],
                .. one.Select(value => new[] { "raw inserts into one table", Report.Number(value), Report.Percent(httpMedian / value) + " of it", "", "", "" }),
            ]);

        var rate = (int)(httpMedian / 2);
        List<LoadResult> half = [];
        for (var i = 0; i < settings.Repetitions; i++)
        {
            half.Add(await HttpAsync(settings, rate).ConfigureAwait(false));
        }

        Report.Table(
            ["open loop at half of it", "p50 ms", "p99 ms", "p99.9 ms", "max ms"],
            half.Select(result => new[]
            {
                Report.Number(result.PerSecond) + "/s", Report.Number(result.P50, "N2"), Report.Number(result.P99, "N2"),
                Report.Number(result.P999, "N2"), Report.Number(result.Max, "N2"),
            }));
        return http.Concat(half).Any(result => result.Refused > 0) ? 1 : 0;
    }

    private static async Task<double> RawAsync(Settings settings)
    {
        await using var store = await BenchStore.MakeAsync(settings).ConfigureAwait(false);
        return double.Parse(await Child.RunAsync("raw", store.Settings).ConfigureAwait(false), CultureInfo.InvariantCulture);
    }

    private static async Task<LoadResult> HttpAsync(Settings settings, int rate)
    {
        await using var store = await BenchStore.MakeAsync(settings).ConfigureAwait(false);
        var server = await ServerProcess.StartAsync(store.Settings with { Consumer = "gated" }).ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            var load = settings with { Ports = [server.Port] };
            await Child.RunAsync("load", load.ToWarmUp()).ConfigureAwait(false);
            return LoadResult.FromJson(await Child.RunAsync("load", load with { Rate = rate }).ConfigureAwait(false));
        }
    }
}
