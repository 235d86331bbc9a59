using Carrick.Benchmarks.Load;

namespace Carrick.Benchmarks.Peers;

/// <summary>S2: receive, do the work (one INSERT), complete. At saturation with few and with many connections, at shares of it, and with a backlog.</summary>
internal static class HandlingScenario
{
    private const double MicrosecondsPerSecond = 1e6;
    private const int BytesPerMebibyte = 1 << 20;
    private const string Wal = "WAL bytes of a message";
    private const string Syncs = "WAL syncs of a message";
    private const string PeerCpu = "its CPU, µs of a message";
    private const string DatabaseCpu = "its databases' CPU, µs of a message";
    private const string Resident = "its resident MiB";
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
        results.PrintMore(new(PeerCpu, IsCompared: true), new(DatabaseCpu, IsCompared: true), new(Wal, IsCompared: true), new(Syncs, "N3"), new(Resident));
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
            await work.DoAsync(() => Generator.WarmUpAsync(site, settings.ToLoad(site.Port))).ConfigureAwait(false);
            var (load, saturation, costs) = (settings.ToLoad(site.Port), 0.0, new Dictionary<string, double>());
            foreach (var connections in settings.Connections)
            {
                var closed = settings.ToLoad(site.Port) with { Connections = connections };
                var (perSecond, its) = await SaturateAsync(site, work, closed).ConfigureAwait(false);
                results.Add(peer.Name, Saturated(connections), perSecond);
                (load, saturation, costs) = perSecond > saturation ? (closed, perSecond, its) : (load, saturation, costs);
            }

            foreach (var (cost, value) in costs)
            {
                results.Add(peer.Name, cost, value);
            }

            // A server that has just been made makes its log's files one by one, each with a stall; one that has run for a while uses them again.
            await site.Effects.ExecuteAsync("CHECKPOINT").ConfigureAwait(false);
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

    /// <summary>A closed loop, and what a message costs in it.</summary>
    private static async Task<(double PerSecond, Dictionary<string, double> Costs)> SaturateAsync(PeerSite site, Work work, Settings load)
    {
        var (wal, syncs) = (await site.Effects.WalBytesAsync().ConfigureAwait(false), await site.Effects.WalSyncsAsync().ConfigureAwait(false));
        var (cpu, databaseCpu) = (site.PeerUsage().CpuSeconds, (await site.DatabaseUsageAsync().ConfigureAwait(false)).CpuSeconds);
        var done = await work.DoAsync(() => Generator.RunAsync(site, load)).ConfigureAwait(false);
        var used = site.PeerUsage();
        double OfAMessage(double all) => all / done.Messages;
        return (done.PerSecond, new()
        {
            [PeerCpu] = OfAMessage((used.CpuSeconds - cpu) * MicrosecondsPerSecond),
            [DatabaseCpu] = OfAMessage(((await site.DatabaseUsageAsync().ConfigureAwait(false)).CpuSeconds - databaseCpu) * MicrosecondsPerSecond),
            [Wal] = OfAMessage(await site.Effects.WalBytesAsync().ConfigureAwait(false) - wal),
            [Syncs] = OfAMessage(await site.Effects.WalSyncsAsync().ConfigureAwait(false) - syncs),
            [Resident] = used.ResidentBytes / (double)BytesPerMebibyte,
        });
    }

    private static async Task BurnDownAsync(PeerSettings settings, Peer peer, PeerSite site, Work work, Results results)
    {
        await site.EndAsync().ConfigureAwait(false);
        await site.RunAsync(PeerRole.Ingest).ConfigureAwait(false);
        var sent = await Generator.RunAsync(site, settings.ToLoad(site.Port) with { Connections = settings.Connections[^1], Limit = settings.Backlog, Seconds = settings.Patience }).ConfigureAwait(false);
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
