using Carrick.Benchmarks.Reporting;

namespace Carrick.Benchmarks.Peers;

/// <summary>Shows that what is measured is true: every peer refuses a forged request, and its effects are exactly what was acknowledged.</summary>
internal static class Smoke
{
    private const int Connections = 8;
    private const int Seconds = 2;

    public static async Task<int> RunAsync(PeerSettings settings, IReadOnlyList<Peer> peers)
    {
        List<string[]> rows = [];
        var isRight = true;
        foreach (var peer in peers)
        {
            var site = await PeerSite.StartAsync(peer, PeerRole.Handle).ConfigureAwait(false);
            await using (site.ConfigureAwait(false))
            {
                var checks = await Checks.RunAsync(site, settings).ConfigureAwait(false);
                await site.Effects.ClearAsync().ConfigureAwait(false);
                var sent = await Generator.RunAsync(site, settings.ToLoad(site.Port) with { Connections = Connections, Seconds = Seconds }).ConfigureAwait(false);
                var audit = await DrainedAsync(site, peer, settings).ConfigureAwait(false);
                var problem = checks.Problem(peer) ?? audit.Problem(peer.Dedupe);
                isRight &= problem is null;
                rows.Add([
                    peer.Name, checks.ForgedStatus.ToString(System.Globalization.CultureInfo.InvariantCulture), Report.Number(checks.EffectsOfCopyAtOnce),
                    Report.Number(checks.EffectsOfCopyAfterwards), Report.Number(sent.PerSecond), Report.Number(audit.Messages), Report.Number(audit.Acknowledgements),
                    Report.Number(audit.Effects), problem ?? "right"]);
            }
        }

        Report.Table(
            ["peer", "forged request", "effects of two copies at once", "effects of a copy afterwards", "answers/s", "messages", "2xx answers", "effects", ""], rows);
        return isRight ? 0 : 1;
    }

    // By messages, not by copies: how many copies are done is what the audit finds out.
    private static async Task<Audit> DrainedAsync(PeerSite site, Peer peer, PeerSettings settings)
    {
        var before = await site.Effects.AuditAsync().ConfigureAwait(false);
        var expected = peer.Dedupe == Dedupe.None ? before.Acknowledgements : before.Messages;
        await site.Effects.ReachAsync(expected, TimeSpan.FromSeconds(settings.Patience)).ConfigureAwait(false);
        return await site.Effects.AuditAsync().ConfigureAwait(false);
    }
}
