using System.ComponentModel;

namespace Carrick.Rest.Contract;

[Description("An API key, without the key.")]
internal record ApiKeyResource
{
    [Description("key_ and 26 characters.")]
    public required string Id { get; init; }

    public required string Name { get; init; }

    [Description("The first characters of the key.")]
    public required string Prefix { get; init; }

    [Description("Of read, operate and admin; each includes the ones before.")]
    public required IReadOnlyList<string> Scopes { get; init; }

    public required DateTime CreatedAt { get; init; }

    public required DateTime? RevokedAt { get; init; }
}

[Description("A new API key.")]
internal sealed record CreatedApiKeyResource : ApiKeyResource
{
    [Description("The key; shown here only.")]
    public required string Key { get; init; }
}

[Description("A line of the audit log.")]
internal sealed record AuditResource(
    long Number,
    DateTime At,
    [property: Description("An API key's id and name, environment or system.")] string Actor,
    [property: Description("What, such as delivery.retry.")] string Action,
    string Target,
    string? Reason);
