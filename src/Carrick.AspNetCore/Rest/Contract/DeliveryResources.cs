using System.ComponentModel;

namespace Carrick.Rest.Contract;

[Description("One event for one consumer.")]
internal record DeliveryResource
{
    [Description("dlv_ and 26 characters.")]
    public required string Id { get; init; }

    public required string EventId { get; init; }

    public required string Integration { get; init; }

    public required string Consumer { get; init; }

    [Description("The event's type; empty if the event is past its retention.")]
    public required string Type { get; init; }

    [Description("pending, running, retrying, succeeded, dead, discarded or skipped.")]
    public required string State { get; init; }

    [Description("Deliveries of a consumer with the same key go one at a time.")]
    public required string? OrderingKey { get; init; }

    public required int AttemptCount { get; init; }

    [Description("When the next attempt is due.")]
    public required DateTime? DueAt { get; init; }

    public required DateTime? EndedAt { get; init; }

    [Description("For a dead letter: transient, throttled, permanent, gone or poison.")]
    public required string? Category { get; init; }

    [Description("For a dead letter: why, in words.")]
    public required string? Reason { get; init; }

    [Description("The dead letter that this delivery replays.")]
    public required string? ReplayOf { get; init; }

    [Description("The delivery that replays this dead letter.")]
    public required string? ReplayedBy { get; init; }
}

[Description("A delivery with its attempts.")]
internal sealed record DeliveryDetailResource : DeliveryResource
{
    [Description("First to last; at most 1,000.")]
    public required IReadOnlyList<AttemptResource> Attempts { get; init; }
}

[Description("One try of a delivery.")]
internal sealed record AttemptResource(
    [property: Description("att_ and 26 characters; made of the delivery and the number.")] string Id,
    [property: Description("From 1, without gaps.")] int Number,
    DateTime StartedAt,
    [property: Description("Milliseconds.")] double DurationMs,
    [property: Description("succeeded or failed.")] string Outcome,
    [property: Description("Why it failed: transient, throttled, permanent, gone, cancelled or poison.")] string? Category,
    [property: Description("The HTTP status, if there was a response.")] int? StatusCode,
    string? Error,
    DateTime? NextDueAt);

[Description("The delivery that will run.")]
internal sealed record RetriedResource(string Id);
