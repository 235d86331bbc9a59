using System.ComponentModel;

namespace Carrick.Rest.Contract;

[Description("An event in a list.")]
internal sealed record EventSummaryResource(
    [property: Description("evt_ and 26 characters.")] string Id,
    string Integration,
    string Type,
    [property: Description("The sender's id. The idempotency key within the integration; where it is not signed or not promised to be unique, together with the payload.")] string MessageId,
    string? Subject,
    string? ContentType,
    [property: Description("Bytes of the payload.")] long Size,
    DateTime ReceivedAt);

[Description("An event with its deliveries. The payload has its own route.")]
internal sealed record EventResource(
    [property: Description("evt_ and 26 characters.")] string Id,
    string Integration,
    string Type,
    [property: Description("The sender's id. The idempotency key within the integration; where it is not signed or not promised to be unique, together with the payload.")] string MessageId,
    string? Subject,
    string? ContentType,
    [property: Description("Bytes of the payload.")] long Size,
    DateTime ReceivedAt,
    [property: Description("The kept headers; never credentials or signatures.")] IReadOnlyList<HeaderResource> Headers,
    [property: Description("The W3C traceparent of the receipt.")] string? TraceParent,
    [property: Description("The sender's version of the subject.")] long? Version,
    [property: Description("What the signature check found; null for a published event.")] string? Verdict,
    [property: Description("How often the message id came again with another body, where the id alone is the key.")] long Conflicts,
    [property: Description("The first earlier event with the same body, where the message id is not signed: somebody may have repeated its request. Null if there is none.")] string? PossibleReplayOf,
    [property: Description("Oldest first; at most 1,000.")] IReadOnlyList<DeliveryResource> Deliveries);

internal sealed record HeaderResource(string Name, string Value);

[Description("What became of a published event.")]
internal sealed record PublishedResource(
    [property: Description("The stored event; for a duplicate the first one.")] string Id,
    [property: Description("The message id was known; nothing was stored.")] bool Duplicate);

[Description("The deliveries that a replay made.")]
internal sealed record ReplayedResource(IReadOnlyList<string> Deliveries);
