namespace Carrick.Server.Demo;

/// <summary>What the provider does with a message.</summary>
internal enum DemoKind
{
    /// <summary>Sent once, signed, in the order of its subject.</summary>
    InOrder,

    /// <summary>Sent once, signed, but older than the newest of its subject.</summary>
    Late,

    /// <summary>Sent before, or at the same moment, with the same message id.</summary>
    Duplicate,

    /// <summary>Signed with a secret that is not ours.</summary>
    WrongSecret,

    /// <summary>Changed by one bit after it was signed.</summary>
    FlippedBit,

    /// <summary>Signed with a time of ten minutes ago.</summary>
    Stale,
}

/// <summary>One request of the provider. Its body follows from it: a duplicate has the same bytes.</summary>
internal sealed record DemoMessage
{
    public required DemoKind Kind { get; init; }

    /// <summary><c>payments</c> (Stripe) or <c>code</c> (GitHub).</summary>
    public required string Integration { get; init; }

    public required string MessageId { get; init; }

    public required string Type { get; init; }

    /// <summary>A customer, or a repository.</summary>
    public required string Subject { get; init; }

    /// <summary>The provider's time of the event, in Unix seconds.</summary>
    public required long CreatedAt { get; init; }

    /// <summary>Cents, or lines of code.</summary>
    public required long Amount { get; init; }

    /// <summary>Sent together with this message, not after it: a <see cref="DemoKind.Duplicate"/>.</summary>
    public DemoMessage? Twin { get; init; }

    public bool Refused => Kind is DemoKind.WrongSecret or DemoKind.FlippedBit or DemoKind.Stale;

    public MessageKey Key => new(Integration, MessageId);
}

/// <summary>What makes a message one: the idempotency key.</summary>
/// <param name="Integration">The integration.</param>
/// <param name="MessageId">The sender's id.</param>
internal readonly record struct MessageKey(string Integration, string MessageId)
{
    public override string ToString() => $"{Integration} {MessageId}";
}
