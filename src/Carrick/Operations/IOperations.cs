using Carrick.Storage;

namespace Carrick.Operations;

/// <summary>What an operator can do. Every call is written to the audit log. Thread-safe.</summary>
/// <remarks>Every method throws <see cref="EngineFullException"/> when the store cannot write now.</remarks>
public interface IOperations
{
    /// <summary>Makes an outstanding delivery due at once; a dead one is replayed instead.</summary>
    /// <returns>The delivery that will run, or <see langword="null"/> if it is neither outstanding nor dead.</returns>
    ValueTask<RecordId?> RetryAsync(RecordId delivery, Operator by, CancellationToken cancellationToken);

    /// <summary>Drops an outstanding or dead delivery.</summary>
    /// <returns><see langword="false"/> if it is neither.</returns>
    ValueTask<bool> DiscardAsync(RecordId delivery, Operator by, CancellationToken cancellationToken);

    /// <summary>Makes new deliveries of a stored event for every consumer that matches it now, or for one.</summary>
    /// <param name="eventId">The event.</param>
    /// <param name="consumer">One consumer's name, or <see langword="null"/> for all.</param>
    /// <param name="force">Run handlers although the ledger has the message.</param>
    /// <param name="by">Who and why.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The new deliveries, or <see langword="null"/> if the event is unknown.</returns>
    ValueTask<IReadOnlyList<RecordId>?> ReplayEventAsync(
        RecordId eventId, string? consumer, bool force, Operator by, CancellationToken cancellationToken);

    /// <summary>Starts a durable job that replays dead letters.</summary>
    ValueTask<ReplayJob> StartReplayAsync(DeadLetterFilter filter, int? ratePerSecond, bool force, Operator by, CancellationToken cancellationToken);

    /// <summary>Stops a job; what it has replayed stays replayed.</summary>
    /// <returns><see langword="false"/> if it is unknown or has ended.</returns>
    ValueTask<bool> CancelReplayAsync(RecordId job, Operator by, CancellationToken cancellationToken);

    /// <summary>Enables or disables a consumer; while disabled its deliveries wait.</summary>
    /// <returns><see langword="false"/> if it is unknown.</returns>
    ValueTask<bool> SetConsumerEnabledAsync(string consumer, bool enabled, Operator by, CancellationToken cancellationToken);

    /// <summary>What the engine knows of its consumers now.</summary>
    IReadOnlyList<ConsumerStatus> ListConsumers();

    /// <summary>Whether an attempt of this delivery is under way in this process.</summary>
    bool IsRunning(RecordId delivery);

    /// <summary>The deliveries of which an attempt is under way in this process, newest first.</summary>
    /// <param name="integration">Those of one integration, or <see langword="null"/> for all.</param>
    /// <param name="consumer">Those of one consumer, or <see langword="null"/> for all.</param>
    IReadOnlyList<RecordId> ListRunning(string? integration, string? consumer);
}

/// <summary>Who acts, and why.</summary>
/// <param name="Actor">An API key's id and name, or <c>system</c>.</param>
/// <param name="Reason">Why, if given.</param>
public sealed record Operator(string Actor, string? Reason = null);

/// <summary>A consumer as it stands.</summary>
/// <param name="Definition">As configured.</param>
/// <param name="State">As stored.</param>
/// <param name="Depth">Deliveries; equal to the counts in SQL when nothing moves.</param>
/// <param name="Running">Attempts under way.</param>
public sealed record ConsumerStatus(Integrations.ConsumerDefinition Definition, ConsumerState State, ConsumerDepth Depth, int Running);
