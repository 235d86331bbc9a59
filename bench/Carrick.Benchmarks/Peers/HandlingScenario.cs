using Carrick.Benchmarks.Load;

namespace Carrick.Benchmarks.Peers;

/// <summary>S2: receive, do the work (one INSERT), complete. At saturation, at shares of it, and with a backlog.</summary>
internal static class HandlingScenario
{
    private const string Saturation = "messages/s until all is done";
    private const string Wal = "WAL bytes of a message";
    private const string BurnDown = "burn-down, messages/s";
    private const string FirstAfter = "s from start to first effect";
    private static readonly int[] Shares = [10, 50, 80];

    public static async Task<bool> RunAsync(PeerSettings settings, IReadOnlyList<Peer> peers)
    {
        var results = new Results($"S2 receive, handle, complete ({settings.Connections[0]} connections; backlog of {settings.Backlog} requests)", peers);
        await results.MeasureAsync(settings.Repetitions, peer => MeasureAsync(settings, peer, results)).ConfigureAwait(false);
        results.Print(new(Saturation, IsCompared: true), new(Wal, IsCompared: true), new(BurnDown, IsCompared: true), new(FirstAfter, "N1"));
        results.PrintMore([.. Shares.SelectMany(share => new[] { new Measure(Age(50, share), "N1"), new Measure(Age(99, share), "N1") })]);
        return !results.HasFailures;
    }

    private static string Age(int percentile, int share) => $"accept to start, p{percentile} ms at {share} %";

    private static async Task MeasureAsync(PeerSettings settings, Peer peer, Results results)
    {
        var site = await PeerSite.StartAsync(peer, PeerRole.Handle).ConfigureAwait(false);
        await using (site.ConfigureAwait(false))
        {
            var load = settings.ToLoad(site.Port);
            var work = new Work(site, peer, settings);
            await work.DoAsync(() => Generator.WarmUpAsync(site, load)).ConfigureAwait(false);
            var wal = await site.Effects.WalBytesAsync().ConfigureAwait(false);
            var full = await work.DoAsync(() => Generator.RunAsync(site, load)).ConfigureAwait(false);
            var saturation = full.PerSecond;
            results.Add(peer.Name, Saturation, saturation);
            results.Add(peer.Name, Wal, (await site.Effects.WalBytesAsync().ConfigureAwait(false) - wal) / (double)full.Messages);
            foreach (var share in Shares)
            {
                var paced = await work.DoAsync(() => Generator.RunAsync(site, load with { Rate = Math.Max(1, (int)(saturation * share / 100)) })).ConfigureAwait(false);
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
        var sent = await Generator.RunAsync(site, settings.ToLoad(site.Port) with { Limit = settings.Backlog, Seconds = settings.Patience }).ConfigureAwait(false);
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
