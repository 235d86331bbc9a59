namespace Carrick.Benchmarks.Peers;

/// <summary>
/// S5c: the work stands still for a moment while the peer goes on to accept, then all processes of the peer are killed and started again; the database
/// servers go on. So there is outstanding work at the kill, some of it under way.
/// </summary>
internal static class KillScenario
{
    private const int Keys = 10_000;
    private const int UnderWay = 300;
    private const string Acknowledged = "acknowledged";
    private const string Outstanding = "outstanding at the kill";
    private const string Missing = "not done in time";
    private const string Doubled = "done twice";
    private const string First = "s from restart to first effect";
    private const string All = "s from restart until all is done";
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(2);

    public static async Task<bool> RunAsync(PeerSettings settings, IReadOnlyList<Peer> peers)
    {
        var results = new Results($"S5c kill -9 after the work has stood still for {Stall.TotalSeconds:0} s under load, then {settings.Patience} s at most", peers);
        await results.MeasureAsync(settings.Repetitions, peer => MeasureAsync(settings, peer, results)).ConfigureAwait(false);
        results.Print(new(Acknowledged), new(Outstanding), new(Missing), new(Doubled), new(First, "N1"), new(All, "N1"));
        return !results.HasFailures;
    }

    private static async Task MeasureAsync(PeerSettings settings, Peer peer, Results results)
    {
        var site = await PeerSite.StartAsync(peer, PeerRole.Handle).ConfigureAwait(false);
        await using (site.ConfigureAwait(false))
        {
            // Nothing is sent twice: what is done twice, the peer has done twice.
            var load = settings.ToLoad() with { Keys = Keys };
            await new Work(site, peer, settings).DoAsync(() => Generator.WarmUpAsync(site, load)).ConfigureAwait(false);
            await site.Effects.ClearAsync().ConfigureAwait(false);
            var patience = TimeSpan.FromSeconds(settings.Patience);
            var sending = Generator.RunAsync(site, load with { Breaks = true });
            if (!await site.Effects.ReachAsync(UnderWay, patience).ConfigureAwait(false))
            {
                throw new TimeoutException("the load did not get under way");
            }

            await using (await site.Effects.HoldUpAsync().ConfigureAwait(false))
            {
                await Task.Delay(Stall).ConfigureAwait(false);
                await site.KillAsync().ConfigureAwait(false);
            }

            // PostgreSQL does not know that its clients are dead, and ends the statements that waited: they are not of the second life.
            await site.Effects.ReachNoInsertAsync(patience).ConfigureAwait(false);
            var sent = await sending.ConfigureAwait(false);
            await site.Effects.AcknowledgeAsync(sent.Acknowledged).ConfigureAwait(false);
            var outstanding = await site.Effects.MissingAsync().ConfigureAwait(false);
            var started = TimeProvider.System.GetUtcNow();
            await site.RunAsync(PeerRole.Handle).ConfigureAwait(false);
            var isWhole = await site.Effects.ReachAcknowledgedAsync(patience).ConfigureAwait(false);

            var audit = await site.Effects.AuditAsync().ConfigureAwait(false);
            var done = await site.Effects.SinceAsync(started).ConfigureAwait(false);
            results.Add(peer.Name, Acknowledged, audit.Messages);
            results.Add(peer.Name, Outstanding, outstanding);
            results.Add(peer.Name, Missing, audit.Lost);
            results.Add(peer.Name, Doubled, audit.Doubled);
            if (done.Messages > 0)
            {
                results.Add(peer.Name, First, done.First);
            }

            if (isWhole && done.Messages > 0)
            {
                results.Add(peer.Name, All, done.Last);
            }
        }
    }
}
