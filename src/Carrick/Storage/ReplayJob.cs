namespace Carrick.Storage;

/// <summary>A durable job that replays dead letters at a bounded rate.</summary>
public sealed record ReplayJob
{
    /// <summary>The id.</summary>
    public required RecordId Id { get; init; }

    /// <summary>Which dead letters.</summary>
    public required DeadLetterFilter Filter { get; init; }

    /// <summary>The most replays per second, or <see langword="null"/> for no limit.</summary>
    public int? RatePerSecond { get; init; }

    /// <summary>Run although the ledger has the message.</summary>
    public bool Force { get; init; }

    /// <summary>Who asked.</summary>
    public required string Actor { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }

    /// <summary>The state.</summary>
    public ReplayState State { get; init; }

    /// <summary>Dead letters that matched just before the job was made; those that come and go meanwhile may be missing.</summary>
    public long Total { get; init; }

    /// <summary>Replayed so far.</summary>
    public long Replayed { get; init; }

    /// <summary>The last dead letter looked at; only those up to <see cref="Id"/> are looked at, so that a job never replays what it killed.</summary>
    public RecordId Cursor { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>The states of a replay job.</summary>
public enum ReplayState
{
    /// <summary>At work.</summary>
    Running,

    /// <summary>Done.</summary>
    Completed,

    /// <summary>Stopped by an operator.</summary>
    Cancelled,
}

/// <summary>Which dead letters; unset members match all.</summary>
public sealed record DeadLetterFilter
{
    /// <summary>The integration's name.</summary>
    public string? Integration { get; init; }

    /// <summary>The consumer's name.</summary>
    public string? Consumer { get; init; }

    /// <summary>The event type, exact.</summary>
    public string? Type { get; init; }

    /// <summary>The failure category.</summary>
    public Retry.FailureCategory? Category { get; init; }

    /// <summary>Dead at this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Dead before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Exactly these deliveries, or <see langword="null"/>; at most 1,000.</summary>
    public IReadOnlyList<RecordId>? Deliveries { get; init; }
}
