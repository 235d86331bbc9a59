using System.ComponentModel;

namespace Carrick.Rest.Contract;

[Description("A named link to one outside system.")]
internal sealed record IntegrationResource(
    string Name,
    [property: Description("Where events come in; null if only code publishes.")] SourceResource? Source,
    IReadOnlyList<ConsumerResource> Consumers);

internal sealed record SourceResource(
    [property: Description("Such as webhook.")] string Kind,
    [property: Description("The signature scheme of a webhook.")] string? Scheme);

[Description("Who gets the integration's events.")]
internal sealed record ConsumerResource(
    [property: Description("integration/consumer.")] string Name,
    [property: Description("handler or endpoint.")] string Kind,
    [property: Description("Patterns of event types.")] IReadOnlyList<string> Types,
    bool Enabled,
    DepthResource Depth,
    [property: Description("Attempts under way.")] int Running);

[Description("How many deliveries are where, in the shards of the node that was asked.")]
internal sealed record DepthResource(
    [property: Description("Due at once.")] long Ready,
    [property: Description("Waiting for a due time.")] long Delayed,
    [property: Description("Dead letters that were neither replayed nor discarded.")] long Dead);

[Description("An HTTP destination.")]
internal sealed record EndpointResource(
    [property: Description("integration/consumer.")] string Name,
    string Integration,
    [property: Description("Scheme, host and port; the path is masked and the query left out, because they can hold secrets.")] string Url,
    [property: Description("Patterns of event types.")] IReadOnlyList<string> Types,
    [property: Description("Whether deliveries are signed.")] bool Signed,
    bool Enabled,
    DateTime? DisabledAt,
    string? DisabledReason,
    [property: Description("The other side asked for no attempt before.")] DateTime? GateUntil,
    DepthResource Depth,
    [property: Description("Attempts under way.")] int Running);
