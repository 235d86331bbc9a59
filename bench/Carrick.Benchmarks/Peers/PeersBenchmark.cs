using Carrick.Benchmarks.Reporting;

namespace Carrick.Benchmarks.Peers;

/// <summary>Carrick and its peers in one run, in turn.</summary>
internal static class PeersBenchmark
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (PeerSettings.TryParse(args, out var settings) is { } problem)
        {
            await Console.Error.WriteLineAsync(problem).ConfigureAwait(false);
            return 2;
        }

        Directory.CreateDirectory(settings.Data);
        var peers = PeerCatalog.Of(settings);
        Report.Title("Carrick and its peers", new Settings { Data = settings.Data });
        Report.Table(["peer", "versions"], peers.Select(peer => new[] { peer.Name, peer.Version }));
        await NodePackages.InstallAsync(peers).ConfigureAwait(false);
        if (settings.IsSmoke)
        {
            return await Smoke.RunAsync(settings, peers).ConfigureAwait(false);
        }

        var isWhole = true;
        foreach (var scenario in settings.Scenarios)
        {
            isWhole &= await (scenario switch
            {
                "s1" => IngestScenario.RunAsync(settings, peers),
                "s2" => HandlingScenario.RunAsync(settings, peers),
                "s4" => OrderScenario.RunAsync(settings, peers),
                "s5a" => SnapshotScenario.RunAsync(settings, peers),
                "s5b" => DelayedScenario.RunAsync(settings, peers),
                "s5c" => KillScenario.RunAsync(settings, peers),
                "nodes" => NodesScenario.RunAsync(settings),
                _ => throw new ArgumentException($"'{scenario}' is no scenario.", nameof(args)),
            }).ConfigureAwait(false);
        }

        return isWhole ? 0 : 1;
    }
}
