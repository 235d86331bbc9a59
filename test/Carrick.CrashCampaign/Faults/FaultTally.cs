using System.Collections.Concurrent;

namespace Carrick.CrashCampaign.Faults;

/// <summary>How often each fault was made, so that a run says what it has proved. Thread-safe.</summary>
internal sealed class FaultTally
{
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public void Add(string name) => _counts.AddOrUpdate(name, 1, (_, count) => count + 1);

    public override string ToString() =>
        _counts.IsEmpty ? "none" : string.Join(", ", _counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(count => $"{count.Value} {count.Key}"));
}
