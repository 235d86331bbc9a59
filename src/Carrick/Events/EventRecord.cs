namespace Carrick;

/// <summary>One inbound or published message, byte-exact and immutable.</summary>
public sealed record EventRecord
{
    /// <summary>The id.</summary>
    public required RecordId Id { get; init; }

    /// <summary>The integration's name.</summary>
    public required string Integration { get; init; }

    /// <summary>The type, such as <c>invoice.paid</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The sender's id. The idempotency key where the sender signs it and promises that it is unique; elsewhere the key holds the digest of the body too.</summary>
    public required string MessageId { get; init; }

    /// <summary>The key of deduplication, or <see langword="null"/> if it is the message id.</summary>
    internal string? DeduplicationKey { get; init; }

    /// <summary>What ledgers know the event by.</summary>
    internal string KeyText => DeduplicationKey ?? MessageId;

    /// <summary>What the event is about, such as a customer's id; the ordering key of ordered consumers.</summary>
    public string? Subject { get; init; }

    /// <summary>The content type as received.</summary>
    public string? ContentType { get; init; }

    /// <summary>The kept request headers; never credentials or signatures.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>How <see cref="Body"/> is packed, such as <c>gzip</c>: the kept header <c>content-encoding</c>, or <see langword="null"/>.</summary>
    public string? ContentEncoding
    {
        get
        {
            foreach (var (name, value) in Headers)
            {
                if (name.Equals("content-encoding", StringComparison.OrdinalIgnoreCase))
                {
                    return value;
                }
            }

            return null;
        }
    }

    /// <summary>The exact bytes, packed as they came.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The W3C <c>traceparent</c> of the receipt, or <see langword="null"/>.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The sender's version of the subject (a time or a sequence), or <see langword="null"/>.</summary>
    public long? Version { get; init; }

    /// <summary>What the signature check found: scheme, alternative and key number, such as <c>stripe/default#1</c>; <see langword="null"/> for a published event.</summary>
    public string? Verdict { get; init; }

    /// <summary>When it was received, to the millisecond.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }
}
