using System.Data;
using System.Diagnostics;
using Npgsql;

namespace Carrick.Benchmarks.Peers;

/// <summary>S5a: somebody holds a snapshot open, as a report or a forgotten session does, and PostgreSQL may remove no dead row while the load goes on.</summary>
internal static class SnapshotScenario
{
    private const string Before = "before, messages/s";
    private const string With = "with the snapshot, messages/s";
    private const string After = "closed and vacuumed, messages/s";
    private const string KeptOfBefore = "with / before";
    private const string KeptOfAfter = "with / closed and vacuumed";

    // One run of the generator: its signatures must not become old.
    private const int StretchSeconds = 60;

    public static async Task<bool> RunAsync(PeerSettings settings, IReadOnlyList<Peer> peers)
    {
        var results = new Results($"S5a a snapshot held open for {settings.Minutes} min of load at half of the saturation", peers);
        await results.MeasureAsync(1, peer => MeasureAsync(settings, peer, results)).ConfigureAwait(false);
        results.Print(
            new(Before, IsCompared: true), new(With, IsCompared: true), new(After, IsCompared: true), new(KeptOfBefore, "P0"), new(KeptOfAfter, "P0"));
        return !results.HasFailures;
    }

    private static async Task MeasureAsync(PeerSettings settings, Peer peer, Results results)
    {
        var site = await PeerSite.StartAsync(peer, PeerRole.Handle).ConfigureAwait(false);
        await using (site.ConfigureAwait(false))
        {
            var load = settings.ToLoad();
            var work = new Work(site, peer, settings);
            await work.DoAsync(() => Generator.WarmUpAsync(site, load)).ConfigureAwait(false);
            var before = (await work.DoAsync(() => Generator.RunAsync(site, load)).ConfigureAwait(false)).PerSecond;
            results.Add(peer.Name, Before, before);
            double with;
            await using (await HoldAsync(site).ConfigureAwait(false))
            {
                var held = Stopwatch.StartNew();
                var length = TimeSpan.FromMinutes(settings.Minutes);
                while (length - held.Elapsed is { TotalSeconds: >= 1 } left)
                {
                    var stretch = load with { Rate = Math.Max(1, (int)(before / 2)), Seconds = (int)Math.Min(StretchSeconds, left.TotalSeconds) };
                    await work.DoAsync(() => Generator.RunAsync(site, stretch)).ConfigureAwait(false);
                }

                with = (await work.DoAsync(() => Generator.RunAsync(site, load)).ConfigureAwait(false)).PerSecond;
                results.Add(peer.Name, With, with);
            }

            // The same tables without the rows that nobody could remove: ten minutes of messages alone make every peer slower.
            await site.Effects.ExecuteAsync("VACUUM (ANALYZE)").ConfigureAwait(false);
            var after = (await work.DoAsync(() => Generator.RunAsync(site, load)).ConfigureAwait(false)).PerSecond;
            results.Add(peer.Name, After, after);
            results.Add(peer.Name, KeptOfBefore, with / before);
            results.Add(peer.Name, KeptOfAfter, with / after);
        }
    }

    /// <summary>A session with a transaction that has read. Closed when it is disposed of.</summary>
    private static async Task<NpgsqlConnection> HoldAsync(PeerSite site)
    {
        var connection = new NpgsqlConnection(site.Postgres + ";Pooling=False");
        await connection.OpenAsync().ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead).ConfigureAwait(false);
        await using var read = new NpgsqlCommand("SELECT count(*) FROM effects", connection, transaction);
        await read.ExecuteScalarAsync().ConfigureAwait(false);
        return connection;
    }
}
