using System.ComponentModel;

namespace Carrick.Rest.Contract;

[Description("A durable job that replays dead letters.")]
internal sealed record ReplayResource(
    [property: Description("rpl_ and 26 characters.")] string Id,
    [property: Description("running, completed or cancelled.")] string State,
    DeadLetterFilterResource Filter,
    int? RatePerSecond,
    bool Force,
    [property: Description("Who asked.")] string Actor,
    string? Reason,
    [property: Description("Dead letters that matched when the job was made.")] long Total,
    [property: Description("Replayed so far.")] long Replayed,
    DateTime CreatedAt,
    DateTime? EndedAt);

[Description("How many dead letters match; nothing was changed.")]
internal sealed record DryRunResource(bool DryRun, long Count);

[Description("How many dead letters were discarded, and how many still match.")]
internal sealed record DiscardedResource(bool DryRun, long Count, long Remaining);

[Description("Which dead letters; members that are not given match all.")]
internal sealed record DeadLetterFilterResource
{
    public string? Integration { get; init; }

    public string? Consumer { get; init; }

    [Description("The event type, exact.")]
    public string? Type { get; init; }

    [Description("transient, throttled, permanent, gone or poison.")]
    public string? Category { get; init; }

    [Description("Dead at this time or later (RFC 3339).")]
    public string? From { get; init; }

    [Description("Dead before this time (RFC 3339).")]
    public string? To { get; init; }

    [Description("Exactly these; at most 1,000.")]
    public IReadOnlyList<string>? Deliveries { get; init; }
}
