namespace Carrick.Signatures;

/// <summary>A message to sign.</summary>
public sealed record WebhookMessage
{
    /// <summary>The exact bytes of the body.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The signed time.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The URL it is posted to, for schemes that sign it; its exact text counts.</summary>
    public Uri? Url { get; init; }

    /// <summary>The message id, for schemes that send it in a header.</summary>
    /// <value>Default: derived from the body.</value>
    public string? Id { get; init; }

    /// <summary>The event's type, for schemes that send it in a header, such as <c>issues.opened</c> or <c>orders/create</c>.</summary>
    public string? Type { get; init; }

    /// <summary>The content type.</summary>
    /// <value>Default <c>application/json</c>.</value>
    public string ContentType { get; init; } = "application/json";

    /// <summary>The alternative to sign with.</summary>
    /// <value>Default: the first accepted one that fits the secret and the content type.</value>
    public string? Alternative { get; init; }
}

/// <summary>A signed message.</summary>
/// <param name="Url">The URL to post to, or <see langword="null"/> if the message had none.</param>
/// <param name="Headers">The headers to send, the content type among them.</param>
public sealed record SignedWebhook(Uri? Url, IReadOnlyList<KeyValuePair<string, string>> Headers);
