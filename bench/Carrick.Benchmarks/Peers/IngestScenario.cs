using System.Globalization;
using Carrick.Benchmarks.Load;
using Carrick.Benchmarks.Reporting;
using Carrick.TestServices.Postgres;

namespace Carrick.Benchmarks.Peers;

/// <summary>S1: durable ingest. Nothing is done with what is accepted.</summary>
internal static class IngestScenario
{
    private static readonly string[] Limits = ["batches", "single", "bare"];

    public static async Task<bool> RunAsync(PeerSettings settings, IReadOnlyList<Peer> peers)
    {
        var results = new Results("S1 durable ingest, answers/s", peers);
        var limits = Limits.ToDictionary(name => name, _ => new List<double>());
        await results.MeasureAsync(settings.Repetitions, async peer =>
        {
            if (peer.Name == PeerCatalog.Carrick)
            {
                await LimitsAsync(settings, limits).ConfigureAwait(false);
            }

            await MeasureAsync(settings, peer, results).ConfigureAwait(false);
        }).ConfigureAwait(false);

        Measure[] rates = [.. settings.Connections.Select(connections => new Measure(Closed(connections), IsCompared: true))];
        results.Print([.. rates, new($"p50 ms at {settings.Rate}/s", "N2"), new($"p99 ms at {settings.Rate}/s", "N2"), new($"p99.9 ms at {settings.Rate}/s", "N2")]);
        Print(limits, results.Of(PeerCatalog.Carrick, Closed(settings.Connections[^1])));
        return !results.HasFailures;
    }

    private static string Closed(int connections) => $"{connections} connections";

    private static async Task MeasureAsync(PeerSettings settings, Peer peer, Results results)
    {
        var site = await PeerSite.StartAsync(peer, PeerRole.Ingest).ConfigureAwait(false);
        await using (site.ConfigureAwait(false))
        {
            var load = settings.ToLoad();
            await Generator.WarmUpAsync(site, load).ConfigureAwait(false);
            foreach (var connections in settings.Connections)
            {
                var closed = (await Generator.RunAsync(site, load with { Connections = connections }).ConfigureAwait(false)).Result;
                results.Add(peer.Name, Closed(connections), closed.PerSecond);
                NoteRefusals(peer, closed, results);
            }

            var open = (await Generator.RunAsync(site, load with { Rate = settings.Rate }).ConfigureAwait(false)).Result;
            results.Add(peer.Name, $"p50 ms at {settings.Rate}/s", open.P50);
            results.Add(peer.Name, $"p99 ms at {settings.Rate}/s", open.P99);
            results.Add(peer.Name, $"p99.9 ms at {settings.Rate}/s", open.P999);
            NoteRefusals(peer, open, results);
        }
    }

    private static void NoteRefusals(Peer peer, LoadResult result, Results results)
    {
        if (result.Refused > 0)
        {
            results.Note(peer.Name, $"{result.Refused} requests refused");
        }
    }

    /// <summary>What the machine allows: rows in full batches, one row per commit, and requests without a database.</summary>
    private static async Task LimitsAsync(PeerSettings settings, Dictionary<string, List<double>> limits)
    {
        foreach (var (limit, consumer) in new[] { ("batches", "one"), ("single", "single") })
        {
            await using var postgres = await PostgresServer.StartNewAsync().ConfigureAwait(false);
            var raw = settings.ToLoad() with { Store = "postgres", Postgres = postgres.ConnectionString, Consumer = consumer };
            limits[limit].Add(double.Parse(await Child.RunAsync("raw", raw).ConfigureAwait(false), CultureInfo.InvariantCulture));
        }

        var site = await PeerSite.StartAsync(PeerCatalog.BareKestrel(), PeerRole.Ingest).ConfigureAwait(false);
        await using (site.ConfigureAwait(false))
        {
            var load = settings.ToLoad() with { Connections = settings.Connections[^1] };
            await Generator.WarmUpAsync(site, load).ConfigureAwait(false);
            limits["bare"].Add((await Generator.RunAsync(site, load).ConfigureAwait(false)).Result.PerSecond);
        }
    }

    private static void Print(Dictionary<string, List<double>> limits, Summary? carrick)
    {
        Report.Table(
            ["limit of this machine, in this run", "per second", "Carrick, as a share of it"],
            [
                Row("rows of one table with a unique key, 100 in a commit, one connection", limits["batches"], carrick),
                Row("the same rows, one in a commit, 32 connections", limits["single"], carrick),
                Row("requests to Kestrel that checks the signature and stores nothing", limits["bare"], carrick),
            ]);
    }

    private static string[] Row(string text, List<double> values, Summary? carrick) => values.Count == 0
        ? [text, "", ""]
        : [text, new Summary(values).ToText("N0"), carrick is null ? "" : Report.Percent(carrick.Median / new Summary(values).Median)];
}
