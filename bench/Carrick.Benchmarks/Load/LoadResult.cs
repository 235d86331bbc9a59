using System.Text.Json;

namespace Carrick.Benchmarks.Load;

/// <summary>What one run of the generator gave.</summary>
/// <param name="StartedAt">When the first request was sent.</param>
/// <param name="Seconds">Its length.</param>
/// <param name="Accepted">New events.</param>
/// <param name="Duplicates">Answered as duplicates.</param>
/// <param name="Refused">Any other answer.</param>
/// <param name="P50">Milliseconds from the scheduled time (open loop) or the send (closed loop) to the whole answer.</param>
/// <param name="P99">As <paramref name="P50"/>.</param>
/// <param name="P999">As <paramref name="P50"/>.</param>
/// <param name="Max">As <paramref name="P50"/>.</param>
/// <param name="CpuSeconds">What the generator itself used.</param>
internal sealed record LoadResult(
    DateTimeOffset StartedAt, double Seconds, int Accepted, int Duplicates, int Refused, double P50, double P99, double P999, double Max, double CpuSeconds)
{
    public double PerSecond => (Accepted + Duplicates) / Seconds;

    public string ToJson() => JsonSerializer.Serialize(this);

    public static LoadResult FromJson(string json) => JsonSerializer.Deserialize<LoadResult>(json)!;
}
