using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace Carrick.Rest.Contract;

[Description("An event to publish, with data or dataBase64.")]
internal sealed record PublishRequest
{
    [Required]
    public string? Integration { get; init; }

    [Required]
    [Description("Such as invoice.paid; at most 255 characters.")]
    public string? Type { get; init; }

    [Description("The idempotency key within the integration; without one every call is a new event.")]
    public string? MessageId { get; init; }

    [Description("What the event is about; the key of ordered consumers.")]
    public string? Subject { get; init; }

    [Description("The version of the subject, a time or a sequence; consumers that skip late events go by it.")]
    public long? Version { get; init; }

    [Description("The payload as JSON; its bytes are kept as they stand in the request.")]
    public JsonElement Data { get; init; }

    [Description("The payload as base64.")]
    public string? DataBase64 { get; init; }

    [Description("Default: application/json for data, application/octet-stream for dataBase64.")]
    public string? ContentType { get; init; }
}

[Description("How to replay an event.")]
internal sealed record ReplayEventRequest
{
    [Description("One consumer; without it every one that matches now.")]
    public string? Consumer { get; init; }

    [Description("Run handlers although they have processed the message, and deliver late events.")]
    public bool Force { get; init; }

    [Description("Why; for the audit log.")]
    public string? Reason { get; init; }
}

[Description("Why; for the audit log.")]
internal sealed record ReasonRequest
{
    [Description("At most 500 characters.")]
    public string? Reason { get; init; }
}

[Description("Which dead letters to replay, and how.")]
internal sealed record ReplayDeadLettersRequest
{
    [Description("Without it: all.")]
    public DeadLetterFilterResource? Filter { get; init; }

    [Description("Count only.")]
    public bool DryRun { get; init; }

    [Description("1 to 10,000; without it no limit.")]
    public int? RatePerSecond { get; init; }

    [Description("Run handlers although they have processed the message, and deliver late events.")]
    public bool Force { get; init; }

    [Description("Why; for the audit log.")]
    public string? Reason { get; init; }
}

[Description("Which dead letters to discard.")]
internal sealed record DiscardDeadLettersRequest
{
    [Required]
    [Description("An empty filter matches all.")]
    public DeadLetterFilterResource? Filter { get; init; }

    [Description("Count only.")]
    public bool DryRun { get; init; }

    [Description("Why; for the audit log.")]
    public string? Reason { get; init; }
}

[Description("The key to make.")]
internal sealed record CreateApiKeyRequest
{
    [Required]
    [Description("What it is for; 1 to 100 characters.")]
    public string? Name { get; init; }

    [Required]
    [Description("Of read, operate and admin; each includes the ones before.")]
    public IReadOnlyList<string>? Scopes { get; init; }

    [Description("Why; for the audit log.")]
    public string? Reason { get; init; }
}
