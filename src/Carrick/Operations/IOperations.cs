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

    /// <summary>The processes that share the store, in the order in which they joined; one for a store that cannot be shared.</summary>
    /// <exception cref="StoreException">The store cannot be read.</exception>
    ValueTask<IReadOnlyList<NodeStatus>> ListNodesAsync(CancellationToken cancellationToken);

    /// <summary>Whether an attempt of this delivery is under way in this process.</summary>
    bool IsRunning(RecordId delivery);

    /// <summary>The deliveries of which an attempt is under way in this process, newest first.</summary>
    /// <param name="integration">Those of one integration, or <see langword="null"/> for all.</param>
    /// <param name="consumer">Those of one consumer, or <see langword="null"/> for all.</param>
    IReadOnlyList<RecordId> ListRunning(string? integration, string? consumer);
}

/// <summary>Who acts, and why. Immutable.</summary>
/// <param name="Actor">An API key's id and name, or <c>system</c>; 1 to 255 characters.</param>
/// <param name="Reason">Why, if given; at most 1,000 characters.</param>
/// <exception cref="ArgumentException">A text is longer than it may be, or there is no actor.</exception>
public sealed record Operator(string Actor, string? Reason = null)
{
    private const int LongestActor = 255;
    private const int LongestReason = 1_000;

    /// <summary>An API key's id and name, or <c>system</c>.</summary>
    /// <value>1 to 255 characters.</value>
    public string Actor { get; init => field = CheckActor(value); } = CheckActor(Actor);

    /// <summary>Why, if given.</summary>
    /// <value>At most 1,000 characters.</value>
    public string? Reason { get; init => field = CheckReason(value); } = CheckReason(Reason);

    private static string CheckActor(string actor) => actor is { Length: >= 1 and <= LongestActor }
        ? actor
        : throw new ArgumentException("The actor must have 1 to 255 characters.", nameof(actor));

    private static string? CheckReason(string? reason) => reason is null or { Length: <= LongestReason }
        ? reason
        : throw new ArgumentException("The reason must have at most 1,000 characters.", nameof(reason));
}

/// <summary>A process that shares the store.</summary>
/// <param name="Id">Its number; a restart gets another one.</param>
/// <param name="Name">Machine and process.</param>
/// <param name="IsSelf">It is the one that was asked.</param>
/// <param name="State">Whether it works.</param>
/// <param name="Shards">Its shards of the work, such as <c>0-31</c>; <c>none</c> for none.</param>
/// <param name="ShardCount">How many of 64.</param>
/// <param name="IsLeader">It does what one node does for all: retention and replay jobs.</param>
/// <param name="Up">Since it has joined.</param>
/// <param name="LeaseRemaining">Until the others take it for dead if it does not renew its lease; <see langword="null"/> if it has none.</param>
public sealed record NodeStatus(
    long Id, string Name, bool IsSelf, NodeState State, string Shards, int ShardCount, bool IsLeader, TimeSpan Up, TimeSpan? LeaseRemaining);

/// <summary>Whether a node works.</summary>
public enum NodeState
{
    /// <summary>It renews its lease.</summary>
    Alive,

    /// <summary>The database has lost its session; if it does not come back in a few seconds it is taken for dead.</summary>
    Missing,

    /// <summary>Its lease has ended; its shards go to the others.</summary>
    Dead,
}

/// <summary>A consumer as it stands.</summary>
/// <param name="Definition">As configured.</param>
/// <param name="State">As stored.</param>
/// <param name="Depth">Deliveries in the shards of this process; equal to the counts in SQL when nothing moves.</param>
/// <param name="Running">Attempts under way.</param>
public sealed record ConsumerStatus(Integrations.ConsumerDefinition Definition, ConsumerState State, ConsumerDepth Depth, int Running);
