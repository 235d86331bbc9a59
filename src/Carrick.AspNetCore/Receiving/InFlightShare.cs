namespace Carrick.Receiving;

/// <summary>What one integration or address holds of the memory for bodies. Thread-safe.</summary>
/// <param name="percent">What it can reach if nobody else holds anything.</param>
internal sealed class InFlightShare(int percent)
{
    private long _held;

    /// <summary>By what it is found.</summary>
    public UInt128 Key { get; init; }

    /// <summary>Bodies that count here; guarded by the lock of <see cref="InFlightBytes"/>.</summary>
    public int Bodies { get; set; }

    /// <param name="bytes">How much more.</param>
    /// <param name="free">What would be left for all.</param>
    public bool TryAdd(long bytes, long free)
    {
        if (Interlocked.Add(ref _held, bytes) * (100 - percent) <= free * percent)
        {
            return true;
        }

        Remove(bytes);
        return false;
    }

    public void Remove(long bytes) => Interlocked.Add(ref _held, -bytes);
}

/// <summary>The shares of an integration. What comes at once is not counted with the pieces: strangers cannot use it up.</summary>
internal sealed class IntegrationShare(int percent)
{
    /// <summary>Bodies that came at once.</summary>
    public InFlightShare Whole { get; } = new(percent);

    /// <summary>Bodies that came, or are coming, in pieces.</summary>
    public InFlightShare Pieces { get; } = new(percent);
}
