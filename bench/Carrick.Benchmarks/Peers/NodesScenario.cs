namespace Carrick.Benchmarks.Peers;

/// <summary>Several nodes of Carrick on one PostgreSQL, and all on this machine: what it costs that they share the work, and whether order holds over all of them.</summary>
internal static class NodesScenario
{
    private const string Rate = "messages/s";
    private const string RateInOrder = "in order, messages/s";
    private const string Overtaken = "overtaken";
    private static readonly int[] Counts = [1, 2, 4];

    public static async Task<bool> RunAsync(PeerSettings settings)
    {
        var carrick = PeerCatalog.Of(settings)[0];
        Peer[] clusters = [.. Counts.Select(count => carrick with { Name = count == 1 ? "1 node" : $"{count} nodes", Servers = count })];
        var connections = settings.Connections[^1];
        var results = new Results($"Nodes, all on this machine ({connections} connections spread over them)", clusters, clusters[0].Name);
        await results.MeasureAsync(settings.Repetitions, async cluster =>
        {
            await SaturateAsync(settings, cluster, connections, results).ConfigureAwait(false);
            await OrderAsync(settings, cluster, connections, results).ConfigureAwait(false);
        }).ConfigureAwait(false);
        results.Print([new(Rate, IsCompared: true), new(RateInOrder, IsCompared: true), new(Overtaken)]);
        results.PrintMore(Saturation.Costs);
        return !results.HasFailures;
    }

    private static async Task SaturateAsync(PeerSettings settings, Peer cluster, int connections, Results results)
    {
        var site = await PeerSite.StartAsync(cluster, PeerRole.Handle).ConfigureAwait(false);
        await using (site.ConfigureAwait(false))
        {
            var load = settings.ToLoad() with { Connections = connections };
            var work = new Work(site, cluster, settings);
            await work.DoAsync(() => Generator.WarmUpAsync(site, load)).ConfigureAwait(false);
            var saturation = await Saturation.MeasureAsync(site, work, load).ConfigureAwait(false);
            results.Add(cluster.Name, Rate, saturation.PerSecond);
            saturation.AddCosts(cluster, results);
        }
    }

    private static async Task OrderAsync(PeerSettings settings, Peer cluster, int connections, Results results)
    {
        var site = await PeerSite.StartAsync(cluster, PeerRole.HandleInOrder).ConfigureAwait(false);
        await using (site.ConfigureAwait(false))
        {
            var load = settings.ToLoad() with { Connections = connections, Keys = OrderScenario.Keys, FailingPercent = OrderScenario.FailingPercent };
            var work = new Work(site, cluster, settings);
            await work.DoAsync(() => Generator.WarmUpAsync(site, load)).ConfigureAwait(false);
            var done = await work.DoAsync(() => Generator.RunAsync(site, load)).ConfigureAwait(false);
            results.Add(cluster.Name, RateInOrder, done.PerSecond);
            results.Add(cluster.Name, Overtaken, await site.Effects.OvertakenAsync(done.StartedAt).ConfigureAwait(false));
        }
    }
}
