using Carrick.Benchmarks.Load;

namespace Carrick.Benchmarks.Peers;

/// <summary>S2: receive, do the work (one INSERT), complete. At saturation with few and with many connections, at shares of it, and with a backlog.</summary>
internal static class HandlingScenario
{
    private const string BurnDown = "burn-down, messages/s";
    private const string FirstAfter = "s from start to first effect";
    private static readonly int[] Shares = [10, 50, 80];

    public static async Task<bool> RunAsync(PeerSettings settings, IReadOnlyList<Peer> peers)
    {
        var results = new Results($"S2 receive, handle, complete (messages/s until all is done; backlog of {settings.Backlog} requests)", peers);
        await results.MeasureAsync(settings.Repetitions, peer => MeasureAsync(settings, peer, results)).ConfigureAwait(false);
        Measure[] rates = [.. settings.Connections.Select(connections => new Measure(Saturated(connections), IsCompared: true))];
        results.Print([.. rates, new(BurnDown, IsCompared: true), new(FirstAfter, "N1")]);
        results.PrintMore([.. Shares.SelectMany(share => new[] { new Measure(Age(50, share), "N1"), new Measure(Age(99, share), "N1") })]);
        results.PrintMore(Saturation.Costs);
        return !results.HasFailures;
    }

    private static string Saturated(int connections) => $"{connections} connections";

    private static string Age(int percentile, int share) => $"accept to start, p{percentile} ms at {share} %";

    private static async Task MeasureAsync(PeerSettings settings, Peer peer, Results results)
    {
        var site = await PeerSite.StartAsync(peer, PeerRole.Handle).ConfigureAwait(false);
        await using (site.ConfigureAwait(false))
        {
            var work = new Work(site, peer, settings);
            await work.DoAsync(() => Generator.WarmUpAsync(site, settings.ToLoad())).ConfigureAwait(false);
            Saturation? best = null;
            var load = settings.ToLoad();
            foreach (var connections in settings.Connections)
            {
                var closed = settings.ToLoad() with { Connections = connections };
                var its = await Saturation.MeasureAsync(site, work, closed).ConfigureAwait(false);
                results.Add(peer.Name, Saturated(connections), its.PerSecond);
                (load, best) = its.PerSecond > (best?.PerSecond ?? 0) ? (closed, its) : (load, best);
            }

            best!.AddCosts(peer, results);

            // A server that has just been made makes its log's files one by one, each with a stall; one that has run for a while uses them again.
            await site.Effects.ExecuteAsync("CHECKPOINT").ConfigureAwait(false);
            foreach (var share in Shares)
            {
                var paced = await work.DoAsync(() => Generator.RunAsync(site, load with { Rate = Math.Max(1, (int)(best.PerSecond * share / 100)) })).ConfigureAwait(false);
                var (p50, p99) = await site.Effects.AgesAsync(paced.StartedAt + LoadRun.Ramp).ConfigureAwait(false);
                results.Add(peer.Name, Age(50, share), p50);
                results.Add(peer.Name, Age(99, share), p99);
            }

            if (peer.Queues)
            {
                await BurnDownAsync(settings, peer, site, work, results).ConfigureAwait(false);
            }
            else
            {
                results.Note(peer.Name, "does the work in the request: no backlog");
            }
        }
    }

    private static async Task BurnDownAsync(PeerSettings settings, Peer peer, PeerSite site, Work work, Results results)
    {
        await site.EndAsync().ConfigureAwait(false);
        await site.RunAsync(PeerRole.Ingest).ConfigureAwait(false);
        var sent = await Generator.RunAsync(site, settings.ToLoad() with { Connections = settings.Connections[^1], Limit = settings.Backlog, Seconds = settings.Patience }).ConfigureAwait(false);
        await site.EndAsync().ConfigureAwait(false);
        var started = TimeProvider.System.GetUtcNow();
        await site.RunAsync(PeerRole.Handle).ConfigureAwait(false);
        var done = await work.DrainAsync(sent, started).ConfigureAwait(false);
        if (done.Messages == 0)
        {
            throw new TimeoutException($"nothing of the backlog was done in {settings.Patience} s");
        }

        results.Add(peer.Name, BurnDown, done.Messages / (done.Last - done.First));
        results.Add(peer.Name, FirstAfter, done.First);
        if (done.Left > 0)
        {
            results.Note(peer.Name, $"{done.Left} messages of a backlog were left after {settings.Patience} s; the rate is that of the others");
        }

        if (sent.Acknowledged.Count < settings.Backlog)
        {
            results.Note(peer.Name, $"a backlog of {sent.Acknowledged.Count} requests only, in {settings.Patience} s");
        }
    }
}
