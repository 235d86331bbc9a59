namespace Carrick;

/// <summary>An event that is not stored yet: verified by a source, or published by code.</summary>
public sealed record IncomingEvent
{
    /// <summary>The integration's name.</summary>
    public required string Integration { get; init; }

    /// <summary>The type; at most 255 characters.</summary>
    public required string Type { get; init; }

    /// <summary>The idempotency key within the integration; at most 255 characters, and never U+001F.</summary>
    public required string MessageId { get; init; }

    /// <summary>What the event is about; the ordering key of ordered consumers. At most 255 characters.</summary>
    public string? Subject { get; init; }

    /// <summary>The content type; at most 255 characters.</summary>
    public string? ContentType { get; init; }

    /// <summary>The headers to keep, at most 1,000 with 262,144 characters together; the caller has removed credentials and signatures.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The exact bytes, at most 25 MiB. Owned by the engine from here on: the caller must not change or reuse the memory.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The W3C <c>traceparent</c> of the receipt.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The sender's version of the subject.</summary>
    public long? Version { get; init; }

    /// <summary>What the signature check found.</summary>
    public string? Verdict { get; init; }

    /// <summary>The key of deduplication if the message id alone is none.</summary>
    internal DeduplicationKey? Key { get; init; }

    /// <summary>The text of the key of deduplication.</summary>
    internal string KeyText => Key?.Text ?? MessageId;

    /// <summary>The key, if it has to be stored beside the message id.</summary>
    internal string? StoredKey => Key is { } key && key.Text != MessageId ? key.Text : null;

    /// <summary>What to look for in other events, if the body can come again under another key.</summary>
    internal long? SharedBody => Key is { IsShared: true } key ? key.Digest : null;
}
