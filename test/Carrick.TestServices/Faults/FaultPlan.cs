namespace Carrick.TestServices.Faults;

/// <summary>How a <see cref="FaultProxy"/> treats its connections. Immutable; by default it passes everything on.</summary>
public sealed record FaultPlan
{
    /// <summary>Passes everything on.</summary>
    public static FaultPlan None { get; } = new();

    /// <summary>What the client sends.</summary>
    public LaneFaults ToServer { get; init; } = LaneFaults.None;

    /// <summary>What the server answers.</summary>
    public LaneFaults ToClient { get; init; } = LaneFaults.None;

    /// <summary>New connections are refused; those that are open stay.</summary>
    public bool RefusesConnects { get; init; }

    /// <summary>
    /// Connections that are open or opened under this plan pass nothing any more, ever: neither bytes nor their end. Both sides keep their sockets, as
    /// behind a firewall that has forgotten them.
    /// </summary>
    public bool IsHalfOpen { get; init; }

    /// <summary>So many bytes of each answer are passed on, then the connection is closed.</summary>
    public int? TruncateAfter { get; init; }
}

/// <summary>What slows down one direction. The parts of a stream wait one after another.</summary>
public sealed record LaneFaults
{
    public static LaneFaults None { get; } = new();

    /// <summary>The shortest wait of each part.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>What chance adds to it at most.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>The bandwidth, or <see langword="null"/> for any.</summary>
    public int? BytesPerSecond { get; init; }
}
