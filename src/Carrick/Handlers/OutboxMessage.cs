namespace Carrick.Handlers;

/// <summary>A message that a handler published in its transaction; relayed to the engine after the commit.</summary>
public sealed record OutboxMessage
{
    /// <summary>The row's number in the outbox; set by the session when it writes the row, and by the relay's read.</summary>
    public long Id { get; set; }

    /// <summary>The integration.</summary>
    public required string Integration { get; init; }

    /// <summary>The message id: made of the delivery and the number of the message in it, so that a second relay is a duplicate.</summary>
    public required string MessageId { get; init; }

    /// <summary>The type.</summary>
    public required string Type { get; init; }

    /// <summary>The subject.</summary>
    public string? Subject { get; init; }

    /// <summary>The version of the subject.</summary>
    public long? Version { get; init; }

    /// <summary>The content type.</summary>
    public required string ContentType { get; init; }

    /// <summary>The bytes.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }
}
