namespace Carrick.Storage;

/// <summary>The reads of people: bounded, newest first, by keyset. Thread-safe.</summary>
/// <remarks>Every method throws <see cref="StoreException"/> when the database fails, and lists throw <see cref="QueryRefusedException"/> when too many wait or one
/// takes too long. <c>before</c> is <see cref="ListPage{T}.Next"/> of the page before, or <see langword="null"/>.</remarks>
public interface IStoreQueries
{
    /// <summary>Events, without their bodies.</summary>
    ValueTask<ListPage<EventSummary>> ListEventsAsync(EventFilter filter, RecordId? before, int limit, CancellationToken cancellationToken);

    /// <summary>One event with its body, or <see langword="null"/>.</summary>
    ValueTask<EventDetail?> FindEventAsync(RecordId id, CancellationToken cancellationToken);

    /// <summary>Deliveries in any state.</summary>
    ValueTask<ListPage<DeliveryView>> ListDeliveriesAsync(DeliveryFilter filter, RecordId? before, int limit, CancellationToken cancellationToken);

    /// <summary>One delivery, or <see langword="null"/>.</summary>
    ValueTask<DeliveryView?> FindDeliveryAsync(RecordId id, CancellationToken cancellationToken);

    /// <summary>The attempts of a delivery, first to last; at most 1,000.</summary>
    ValueTask<IReadOnlyList<Commands.AttemptRecord>> ListAttemptsAsync(RecordId delivery, CancellationToken cancellationToken);

    /// <summary>Dead letters that were neither replayed nor discarded; oldest first after <paramref name="after"/>, up to <paramref name="upTo"/>.</summary>
    ValueTask<IReadOnlyList<DeliveryView>> ReadDeadLettersAsync(
        DeadLetterFilter filter, RecordId? after, RecordId? upTo, int limit, CancellationToken cancellationToken);

    /// <summary>Dead letters, newest first.</summary>
    ValueTask<ListPage<DeliveryView>> ListDeadLettersAsync(
        DeadLetterFilter filter, RecordId? before, int limit, CancellationToken cancellationToken);

    /// <summary>How many dead letters match.</summary>
    ValueTask<long> CountDeadLettersAsync(DeadLetterFilter filter, CancellationToken cancellationToken);

    /// <summary>One replay job, or <see langword="null"/>.</summary>
    ValueTask<ReplayJob?> FindReplayAsync(RecordId id, CancellationToken cancellationToken);

    /// <summary>Replay jobs, newest first.</summary>
    ValueTask<IReadOnlyList<ReplayJob>> ListReplaysAsync(RecordId? before, int limit, CancellationToken cancellationToken);

    /// <summary>All API keys, revoked ones too.</summary>
    ValueTask<IReadOnlyList<ApiKeyRecord>> ListApiKeysAsync(CancellationToken cancellationToken);

    /// <summary>The audit log, newest first; the cursor is the number of the last line.</summary>
    ValueTask<IReadOnlyList<AuditLine>> ListAuditAsync(long? before, int limit, CancellationToken cancellationToken);

    /// <summary>The applied configuration, or <see langword="null"/>.</summary>
    ValueTask<string?> ReadConfigurationAsync(CancellationToken cancellationToken);
}

/// <summary>Which events; unset members match all.</summary>
/// <param name="Integration">The integration's name.</param>
/// <param name="Type">The type, exact.</param>
/// <param name="MessageId">The message id, exact.</param>
/// <param name="Subject">The subject, exact.</param>
/// <param name="From">Received at this time or later.</param>
/// <param name="To">Received before this time.</param>
public sealed record EventFilter(
    string? Integration = null, string? Type = null, string? MessageId = null, string? Subject = null, DateTimeOffset? From = null, DateTimeOffset? To = null);

/// <summary>An event in a list.</summary>
public sealed record EventSummary(
    RecordId Id, string Integration, string Type, string MessageId, string? Subject, string? ContentType, long Size, DateTimeOffset ReceivedAt);

/// <summary>An event with all that is known of it.</summary>
/// <param name="Event">The event.</param>
/// <param name="Conflicts">How often the message id came again with another body.</param>
/// <param name="Deliveries">Its deliveries, oldest first; at most 1,000.</param>
public sealed record EventDetail(EventRecord Event, long Conflicts, IReadOnlyList<DeliveryView> Deliveries)
{
    /// <summary>The first earlier event with the same body, if the message ids of both are not signed; <see langword="null"/> otherwise, or when its key is past its retention.</summary>
    public RecordId? PossibleReplayOf { get; init; }
}

/// <summary>Which deliveries; unset members match all.</summary>
/// <param name="State">The state; <see cref="DeliveryState.Running"/> is known to the engine only and matches what is pending or retrying.</param>
/// <param name="Consumer">The consumer's name.</param>
/// <param name="Integration">The integration's name.</param>
/// <param name="EventId">The event.</param>
public sealed record DeliveryFilter(
    DeliveryState? State = null, string? Consumer = null, string? Integration = null, RecordId? EventId = null)
{
    /// <summary>The outcome that deliveries over have in this state, or <see langword="null"/> for any.</summary>
    internal int? Outcome => State switch
    {
        DeliveryState.Succeeded => (int)Commands.DeliveryOutcome.Succeeded,
        DeliveryState.Skipped => (int)Commands.DeliveryOutcome.Skipped,
        DeliveryState.Discarded => (int)Commands.DeliveryOutcome.Discarded,
        _ => null,
    };

    /// <summary>Whether a delivery of the event matches.</summary>
    internal bool Matches(DeliveryView view) =>
        (State is null || State == view.State || (State == DeliveryState.Running && view.State is DeliveryState.Pending or DeliveryState.Retrying))
        && (Consumer is null || Consumer == view.Consumer)
        && (Integration is null || Integration == view.Integration);
}

/// <summary>The states of a delivery.</summary>
public enum DeliveryState
{
    /// <summary>Due, not tried yet.</summary>
    Pending,

    /// <summary>An attempt is under way.</summary>
    Running,

    /// <summary>Tried, waiting for its due time.</summary>
    Retrying,

    /// <summary>Done.</summary>
    Succeeded,

    /// <summary>A dead letter.</summary>
    Dead,

    /// <summary>An operator dropped it.</summary>
    Discarded,

    /// <summary>A late event.</summary>
    Skipped,
}

/// <summary>A delivery as people see it.</summary>
public sealed record DeliveryView
{
    /// <summary>The id.</summary>
    public required RecordId Id { get; init; }

    /// <summary>The event.</summary>
    public required RecordId EventId { get; init; }

    /// <summary>The consumer's name.</summary>
    public required string Consumer { get; init; }

    /// <summary>The consumer's number.</summary>
    public required int ConsumerNumber { get; init; }

    /// <summary>The integration's name.</summary>
    public required string Integration { get; init; }

    /// <summary>The event's type; empty if the event is past its retention.</summary>
    public required string Type { get; init; }

    /// <summary>The state.</summary>
    public required DeliveryState State { get; init; }

    /// <summary>The ordering key.</summary>
    public string? OrderingKey { get; init; }

    /// <summary>Attempts made.</summary>
    public int Attempts { get; init; }

    /// <summary>When the next attempt is due.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>For a dead letter: why.</summary>
    public Retry.FailureCategory? Category { get; init; }

    /// <summary>For a dead letter: why, in words.</summary>
    public string? Reason { get; init; }

    /// <summary>The dead letter that this delivery replays.</summary>
    public RecordId? ReplayOf { get; init; }

    /// <summary>The delivery that replays this dead letter.</summary>
    public RecordId? ReplayedBy { get; init; }
}

/// <summary>A line of the audit log with its number.</summary>
/// <param name="Number">The number.</param>
/// <param name="Entry">The line.</param>
public sealed record AuditLine(long Number, Commands.AuditEntry Entry);
