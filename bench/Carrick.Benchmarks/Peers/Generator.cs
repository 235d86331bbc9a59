using Carrick.Benchmarks.Load;

namespace Carrick.Benchmarks.Peers;

/// <summary>Loads a peer from a process of its own.</summary>
internal static class Generator
{
    // Enough for what compiles while it runs to be done with it.
    private const int WarmUpSeconds = 10;

    // A peer that answers nothing any more must not hold up the run.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>One run.</summary>
    /// <exception cref="TimeoutException">It did not end when it should.</exception>
    public static async Task<Sent> RunAsync(PeerSite site, Settings load)
    {
        var file = Path.GetTempFileName();
        try
        {
            var within = TimeSpan.FromSeconds(load.Seconds) + Patience;
            var result = LoadResult.FromJson(await Child.RunAsync("load", load with { Ports = site.Ports, Acknowledged = file }, within).ConfigureAwait(false));
            return new Sent(result, await File.ReadAllLinesAsync(file).ConfigureAwait(false));
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>A closed loop that compiles every path of the peer, for each of its servers as long.</summary>
    public static Task<Sent> WarmUpAsync(PeerSite site, Settings load) =>
        RunAsync(site, load with { Limit = 0, Seconds = WarmUpSeconds * site.Ports.Count, Rate = 0 });
}

/// <summary>One run of the generator.</summary>
/// <param name="Result">Its figures.</param>
/// <param name="Acknowledged">The message ids of all 2xx answers.</param>
internal sealed record Sent(LoadResult Result, IReadOnlyList<string> Acknowledged)
{
    /// <summary>Messages, each once.</summary>
    public int Messages { get; } = Acknowledged.Distinct(StringComparer.Ordinal).Count();

    /// <summary>The rows of the effects table that follow at least.</summary>
    public int EffectsOf(Peer peer) => peer.Dedupe == Dedupe.None ? Acknowledged.Count : Messages;
}
