namespace Carrick.Benchmarks.Serving;

/// <summary>What the server under test tells of itself.</summary>
internal sealed record ServerFigures
{
    public long ResidentBytes { get; init; }

    public double CpuSeconds { get; init; }

    public long Commits { get; init; }

    public long Commands { get; init; }

    public long WalBytes { get; init; }

    public long Checkpoints { get; init; }

    public long Reads { get; init; }

    /// <summary>Bytes that the process has had written to disks, all files together.</summary>
    public long DiskBytes { get; init; }

    public long AllocatedBytes { get; init; }

    public long HeapBytes { get; init; }

    /// <summary>Handlers that have ended; their commit may be under way.</summary>
    public long Handled { get; init; }

    public DateTimeOffset LastHandledAt { get; init; }

    /// <summary>Deliveries that are not done.</summary>
    public long Outstanding { get; init; }

    /// <summary>Milliseconds from the start of the engine to the first handler; <see langword="null"/> before it.</summary>
    public double? StartToDispatch { get; init; }

    /// <summary>Milliseconds from the start of the process to the first handler.</summary>
    public double? ProcessToDispatch { get; init; }

    /// <summary>Milliseconds from acceptance (before the commit) to the start of the handler.</summary>
    public double? AgeP50 { get; init; }

    /// <summary>As <see cref="AgeP50"/>.</summary>
    public double? AgeP99 { get; init; }
}
