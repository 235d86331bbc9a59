using Carrick.Retry;

namespace Carrick.Integrations;

/// <summary>Who gets matching events, as configured. Immutable.</summary>
public abstract record ConsumerDefinition
{
    /// <summary>The name, unique over all integrations: <c>integration/consumer</c>; 1 to 200 characters without control characters.</summary>
    public required string Name { get; init; }

    /// <summary>The integration whose events it gets.</summary>
    public required string Integration { get; init; }

    /// <summary>The event types it gets.</summary>
    /// <value>1 to 1,000 patterns of at most 255 characters; default: all.</value>
    public TypeFilter Types { get; init; } = TypeFilter.All;

    /// <summary>When to try again, and how often.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.Default;

    /// <summary>Whether deliveries with one subject go one at a time, in the order of commit.</summary>
    /// <value>Default: <see cref="OrderingMode.None"/>.</value>
    public OrderingMode Order { get; init; } = OrderingMode.None;

    /// <summary>What a dead letter does to the deliveries behind it with the same subject.</summary>
    /// <value>Default: <see cref="OrderingFailure.DeadLetterAndContinue"/>.</value>
    public OrderingFailure OnOrderedFailure { get; init; } = OrderingFailure.DeadLetterAndContinue;

    /// <summary>Skip an event whose <see cref="EventRecord.Version"/> is older than the newest one applied for its subject; two of one version are both applied.</summary>
    /// <value>Default: <see langword="false"/>. An event without a subject or a version is never late.</value>
    /// <remarks>
    /// A handler decides in its own transaction. An endpoint is asked for before each attempt: with <see cref="OrderingMode.Subject"/> that is exact;
    /// without it, a request that is under way cannot be called back when a newer version overtakes it.
    /// </remarks>
    public bool SkipLate { get; init; }

    /// <summary>How many deliveries may run at once.</summary>
    /// <value>1 to 1,000; default 16.</value>
    public int Concurrency { get; init; } = 16;

    /// <summary>How long one attempt may take.</summary>
    /// <value>Over 0; at most 1 hour for a handler, 1 day for an endpoint; default 15 s.</value>
    /// <remarks>Then it is cancelled. A handler that has not ended 5 s later is abandoned.</remarks>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(15);
}
