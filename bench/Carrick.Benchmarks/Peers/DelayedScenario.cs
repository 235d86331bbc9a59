using System.Diagnostics;
using System.Globalization;

namespace Carrick.Benchmarks.Peers;

/// <summary>S5b: millions of jobs that are not due yet. They should cost the others nothing.</summary>
internal static class DelayedScenario
{
    private const string Before = "without, messages/s";
    private const string With = "with, messages/s";
    private const string Kept = "with / without";
    private const string Start = "s to start with them";

    public static async Task<bool> RunAsync(PeerSettings settings, IReadOnlyList<Peer> peers)
    {
        var results = new Results($"S5b {settings.Delayed} delayed jobs", peers);
        await results.MeasureAsync(1, peer => MeasureAsync(settings, peer, results)).ConfigureAwait(false);
        results.Print(new(Before, IsCompared: true), new(With, IsCompared: true), new(Kept, "P0"), new(Start, "N1"));
        return !results.HasFailures;
    }

    private static async Task MeasureAsync(PeerSettings settings, Peer peer, Results results)
    {
        if (DelayedJobs.Sql(peer) is not { } sql)
        {
            results.Note(peer.Name, peer.Queues ? "not measured: its delayed jobs are not in PostgreSQL" : "has no delayed jobs");
            return;
        }

        var site = await PeerSite.StartAsync(peer, PeerRole.Handle).ConfigureAwait(false);
        await using (site.ConfigureAwait(false))
        {
            var work = new Work(site, peer, settings);
            await work.DoAsync(() => Generator.WarmUpAsync(site, settings.ToLoad())).ConfigureAwait(false);
            var before = (await work.DoAsync(() => Generator.RunAsync(site, settings.ToLoad())).ConfigureAwait(false)).PerSecond;
            results.Add(peer.Name, Before, before);
            await site.EndAsync().ConfigureAwait(false);
            await site.Effects.ExecuteAsync(sql.Replace("@jobs", settings.Delayed.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)).ConfigureAwait(false);
            // Rows that came at once: no peer has to wait for autovacuum to know of them.
            await site.Effects.ExecuteAsync("VACUUM (ANALYZE)").ConfigureAwait(false);
            var start = Stopwatch.StartNew();
            await site.RunAsync(PeerRole.Handle).ConfigureAwait(false);
            results.Add(peer.Name, Start, start.Elapsed.TotalSeconds);
            await work.DoAsync(() => Generator.WarmUpAsync(site, settings.ToLoad())).ConfigureAwait(false);
            var with = (await work.DoAsync(() => Generator.RunAsync(site, settings.ToLoad())).ConfigureAwait(false)).PerSecond;
            results.Add(peer.Name, With, with);
            results.Add(peer.Name, Kept, with / before);
        }
    }
}
