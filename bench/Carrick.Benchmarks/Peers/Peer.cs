namespace Carrick.Benchmarks.Peers;

/// <summary>One system under test.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Version">Of its packages.</param>
internal sealed record Peer(string Name, string Version)
{
    /// <summary>The process that receives, and does the work too unless there is a <see cref="Worker"/>. Executable and arguments.</summary>
    public required string[] Server { get; init; }

    /// <summary>How many such processes there are.</summary>
    public int Servers { get; init; } = 1;

    /// <summary>The process that does the work, if it is another one.</summary>
    public string[] Worker { get; init; } = [];

    /// <summary>The folder of its npm packages; <see langword="null"/> for .NET.</summary>
    public string? NodeFolder { get; init; }

    /// <summary>What a second copy of a message leads to, by the peer's documentation. The benchmark checks it.</summary>
    public required Dedupe Dedupe { get; init; }

    /// <summary>How it keeps the order of messages of one key, or what comes closest; <see langword="null"/> if it offers nothing.</summary>
    public string? Order { get; init; }

    /// <summary>Whether its jobs are in Redis and not in PostgreSQL.</summary>
    public bool NeedsRedis { get; init; }

    /// <summary>Whether it keeps accepted work and does it later; otherwise the work is done in the request.</summary>
    public bool Queues { get; init; } = true;
}

/// <summary>How long a peer knows that it has a message already.</summary>
internal enum Dedupe
{
    /// <summary>Never: every copy is a job.</summary>
    None,

    /// <summary>As long as the first job is not done.</summary>
    WhilePending,

    /// <summary>Also when it is done, as long as what it keeps is kept.</summary>
    Durable,
}
