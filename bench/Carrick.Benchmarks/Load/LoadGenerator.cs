using System.Diagnostics;

namespace Carrick.Benchmarks.Load;

/// <summary>Sends signed events, one in ten of them a second time. In a process of its own.</summary>
internal static class LoadGenerator
{
    /// <summary>More than any server here takes per second.</summary>
    private const int MostPerSecond = 40_000;

    public static string PathOf(string integration) => "/webhooks/" + integration;

    public static async Task<int> RunAsync(Settings settings)
    {
        var seconds = settings.Seconds + (settings.Rate > 0 ? (int)LoadRun.Ramp.TotalSeconds : 0);
        var count = settings.Limit > 0 ? settings.Limit : seconds * (settings.Rate > 0 ? settings.Rate + 100 : MostPerSecond);
        var run = new LoadRun(settings, new SignedRequests(PathOf(Serving.BenchServer.Integration), count, new KeyPlan(settings.Keys, settings.FailingPercent)));
        await run.ConnectAsync().ConfigureAwait(false);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var result = settings.Rate > 0 ? await run.OpenAsync().ConfigureAwait(false) : await run.ClosedAsync().ConfigureAwait(false);
        if (settings.Acknowledged.Length > 0)
        {
            await File.WriteAllLinesAsync(settings.Acknowledged, run.Acknowledged).ConfigureAwait(false);
        }

        Console.WriteLine((result with { CpuSeconds = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds }).ToJson());
        return 0;
    }
}
