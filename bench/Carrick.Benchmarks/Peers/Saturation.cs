namespace Carrick.Benchmarks.Peers;

/// <summary>A closed loop until all of it is done, and what a message costs in it.</summary>
internal sealed class Saturation
{
    private const double MicrosecondsPerSecond = 1e6;
    private const int BytesPerMebibyte = 1 << 20;
    private const string Wal = "WAL bytes of a message";
    private const string Syncs = "WAL syncs of a message";
    private const string PeerCpu = "its CPU, µs of a message";
    private const string DatabaseCpu = "its databases' CPU, µs of a message";
    private const string Resident = "its resident MiB";

    private readonly Dictionary<string, double> _costs;

    private Saturation(double perSecond, Dictionary<string, double> costs) => (PerSecond, _costs) = (perSecond, costs);

    /// <summary>The columns of the costs.</summary>
    public static Measure[] Costs { get; } =
        [new(PeerCpu, IsCompared: true), new(DatabaseCpu, IsCompared: true), new(Wal, IsCompared: true), new(Syncs, "N3"), new(Resident)];

    /// <summary>Messages per second, from the first request to the last effect.</summary>
    public double PerSecond { get; }

    public static async Task<Saturation> MeasureAsync(PeerSite site, Work work, Settings load)
    {
        var (wal, syncs) = (await site.Effects.WalBytesAsync().ConfigureAwait(false), await site.Effects.WalSyncsAsync().ConfigureAwait(false));
        var (cpu, databaseCpu) = (site.PeerUsage().CpuSeconds, (await site.DatabaseUsageAsync().ConfigureAwait(false)).CpuSeconds);
        var done = await work.DoAsync(() => Generator.RunAsync(site, load)).ConfigureAwait(false);
        var used = site.PeerUsage();
        double OfAMessage(double all) => all / done.Messages;
        return new Saturation(done.PerSecond, new()
        {
            [PeerCpu] = OfAMessage((used.CpuSeconds - cpu) * MicrosecondsPerSecond),
            [DatabaseCpu] = OfAMessage(((await site.DatabaseUsageAsync().ConfigureAwait(false)).CpuSeconds - databaseCpu) * MicrosecondsPerSecond),
            [Wal] = OfAMessage(await site.Effects.WalBytesAsync().ConfigureAwait(false) - wal),
            [Syncs] = OfAMessage(await site.Effects.WalSyncsAsync().ConfigureAwait(false) - syncs),
            [Resident] = used.ResidentBytes / (double)BytesPerMebibyte,
        });
    }

    public void AddCosts(Peer peer, Results results)
    {
        foreach (var (cost, value) in _costs)
        {
            results.Add(peer.Name, cost, value);
        }
    }
}
