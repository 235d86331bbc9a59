using Carrick.Benchmarks.Reporting;

namespace Carrick.Benchmarks.Peers;

/// <summary>
/// Shows that what is measured is true: every peer refuses a forged request, its effects are exactly what was acknowledged, and a lost, doubled, forged or
/// overtaken message would have been seen.
/// </summary>
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
                await PlantedFaults.FindAsync(site.Effects).ConfigureAwait(false);
                var sent = await Generator.RunAsync(site, settings.ToLoad() with { Connections = Connections, Seconds = Seconds }).ConfigureAwait(false);
                await site.Effects.AcknowledgeAsync(sent.Acknowledged).ConfigureAwait(false);
                await site.Effects.ReachAsync(sent.EffectsOf(peer), TimeSpan.FromSeconds(settings.Patience)).ConfigureAwait(false);
                await site.Effects.AcknowledgeAsync(await Checks.FenceAsync(site, settings, "load").ConfigureAwait(false)).ConfigureAwait(false);
                var audit = await site.Effects.AuditAsync().ConfigureAwait(false);
                var problem = checks.Problem(peer) ?? (sent.Result.Refused > 0 ? $"{sent.Result.Refused} requests refused" : audit.Problem(peer.Dedupe));
                isRight &= problem is null;
                rows.Add([
                    peer.Name, checks.ForgedStatus.ToString(System.Globalization.CultureInfo.InvariantCulture), Report.Number(checks.EffectsOfCopyAtOnce),
                    Report.Number(checks.EffectsOfCopyAfterwards), Report.Number(sent.Result.PerSecond), Report.Number(audit.Messages), Report.Number(audit.Acknowledgements),
                    Report.Number(audit.Effects), problem ?? "right"]);
            }
        }

        Report.Table(
            ["peer", "forged request", "effects of two copies at once", "effects of a copy afterwards", "answers/s", "messages", "2xx answers", "effects", ""], rows);
        return isRight ? 0 : 1;
    }
}
