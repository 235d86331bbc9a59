using Carrick.Benchmarks.Load;

namespace Carrick.Benchmarks.Peers;

/// <summary>Loads a peer from a process of its own, and tells its effects table what was acknowledged.</summary>
internal static class Generator
{
    // Enough to compile the paths of a fast peer, bounded for a slow one.
    private const int WarmUpRequests = 5_000;
    private const int WarmUpSeconds = 8;

    /// <summary>One run.</summary>
    /// <exception cref="InvalidOperationException">The peer refused requests: then nothing else is worth measuring.</exception>
    public static async Task<LoadResult> RunAsync(PeerSite site, Settings load)
    {
        var file = Path.GetTempFileName();
        try
        {
            var result = LoadResult.FromJson(await Child.RunAsync("load", load with { Port = site.Port, Acknowledged = file }).ConfigureAwait(false));
            await site.Effects.AcknowledgeAsync(file).ConfigureAwait(false);
            return result.Refused == 0 ? result : throw new InvalidOperationException($"{result.Refused} requests were refused.");
        }
        finally
        {
            File.Delete(file);
        }
    }

    public static Task<LoadResult> WarmUpAsync(PeerSite site, Settings load) =>
        RunAsync(site, load with { Limit = WarmUpRequests, Seconds = WarmUpSeconds, Rate = 0 });
}
