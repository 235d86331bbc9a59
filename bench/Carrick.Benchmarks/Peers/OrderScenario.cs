using Carrick.Benchmarks.Load;

namespace Carrick.Benchmarks.Peers;

/// <summary>S4: messages of one key in the order of the sender, while the work of some fails twice before it succeeds.</summary>
internal static class OrderScenario
{
    public const int Keys = 10_000;
    public const int FailingPercent = 2;
    private const string Rate = "messages/s until all is done";
    private const string Violations = "overtaken";
    private const string Messages = "messages";
    private const string Healthy = "accept to start of keys without failures";
    private const string Blocked = "accept to start of keys with failures";
    private static readonly int[] Percentiles = [50, 99];

    public static async Task<bool> RunAsync(PeerSettings settings, IReadOnlyList<Peer> peers)
    {
        var results = new Results($"S4 order by key ({Keys} keys, Zipf 1.1; {FailingPercent} % fail twice; {settings.Connections[0]} connections)", peers);
        await results.MeasureAsync(settings.Repetitions, peer => MeasureAsync(settings, peer, results)).ConfigureAwait(false);
        results.Print(new(Rate, IsCompared: true), new(Messages), new(Violations));
        results.PrintMore([.. from keys in new[] { Healthy, Blocked } from percentile in Percentiles select new Measure(Age(keys, percentile), "N1")]);
        return !results.HasFailures;
    }

    private static string Age(string keys, int percentile) => $"{keys}, p{percentile} ms";

    private static async Task MeasureAsync(PeerSettings settings, Peer peer, Results results)
    {
        results.Note(peer.Name, peer.Order ?? "not offered");
        if (peer.Order is null)
        {
            return;
        }

        var site = await PeerSite.StartAsync(peer, PeerRole.HandleInOrder).ConfigureAwait(false);
        await using (site.ConfigureAwait(false))
        {
            var load = settings.ToLoad() with { Keys = Keys, FailingPercent = FailingPercent };
            var work = new Work(site, peer, settings);
            await work.DoAsync(() => Generator.WarmUpAsync(site, load)).ConfigureAwait(false);
            var done = await work.DoAsync(() => Generator.RunAsync(site, load)).ConfigureAwait(false);
            results.Add(peer.Name, Rate, done.PerSecond);
            results.Add(peer.Name, Messages, done.Messages);
            results.Add(peer.Name, Violations, await site.Effects.OvertakenAsync(done.StartedAt).ConfigureAwait(false));
            Spread(peer, await site.Effects.JobsAsync(done.StartedAt).ConfigureAwait(false), results);
        }
    }

    /// <summary>How far failures spread: a key in which nothing fails should not wait for the others.</summary>
    private static void Spread(Peer peer, IReadOnlyList<(string Id, string Key, double Age)> jobs, Results results)
    {
        var plan = new KeyPlan(Keys, FailingPercent);
        var failing = jobs.Where(job => plan.FailuresOf(SignedRequests.NumberOf(job.Id)) > 0).Select(job => job.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var keys in jobs.GroupBy(job => failing.Contains(job.Key), job => job.Age))
        {
            var ages = new Latencies();
            foreach (var age in keys)
            {
                ages.Add(TimeSpan.FromMilliseconds(age));
            }

            foreach (var percentile in Percentiles)
            {
                results.Add(peer.Name, Age(keys.Key ? Blocked : Healthy, percentile), ages.Percentile(percentile));
            }
        }
    }
}
