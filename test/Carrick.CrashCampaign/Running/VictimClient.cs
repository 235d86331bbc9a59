using System.Diagnostics;
using System.Net.Http.Json;
using Carrick.CrashCampaign.Victim;

namespace Carrick.CrashCampaign.Running;

/// <summary>Talks to the campaign's own routes of the victim.</summary>
internal sealed class VictimClient(Uri address) : IDisposable
{
    private static readonly TimeSpan StandstillLimit = TimeSpan.FromMinutes(3);
    private readonly HttpClient _client = new() { BaseAddress = address };

    public async Task<VictimDepth[]> ReadDepthsAsync()
    {
        using var response = await _client.PostAsync(new Uri(VictimControl.Depths, UriKind.Relative), null);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync(VictimJson.Default.VictimDepthArray) ?? [];
    }

    public async Task ReplayAsync()
    {
        using var response = await _client.PostAsync(new Uri(VictimControl.Replay, UriKind.Relative), null);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Waits until nothing is outstanding, three looks in a row; a replay job needs a moment to begin.</summary>
    /// <returns>How it ended, in words; the checker reports what is left when nothing has changed for three minutes.</returns>
    public async Task<string> DrainAsync()
    {
        var (watch, still) = (Stopwatch.StartNew(), Stopwatch.StartNew());
        VictimDepth[] last = [];
        for (var quiet = 0; still.Elapsed < StandstillLimit;)
        {
            var depths = await ReadDepthsAsync();
            quiet = depths.All(depth => depth.Ready + depth.Delayed + depth.Running == 0) ? quiet + 1 : 0;
            if (quiet == 3)
            {
                return $"nothing outstanding after {watch.Elapsed.TotalSeconds:F1} s, {depths.Sum(depth => depth.Dead)} dead letters";
            }

            if (!depths.SequenceEqual(last))
            {
                (last, still) = (depths, Stopwatch.StartNew());
            }

            await Task.Delay(250);
        }

        return $"at a standstill for {StandstillLimit.TotalMinutes} minutes: {string.Join(", ", last as object[])}";
    }

    public void Dispose() => _client.Dispose();
}
