using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Simulation.Faults;

/// <summary>The reads of people, which operators and replay jobs go by, over <see cref="FaultyReads"/>.</summary>
internal sealed class FaultyQueries(IStoreQueries inner, FaultyReads reads) : IStoreQueries
{
    public ValueTask<ListPage<EventSummary>> ListEventsAsync(EventFilter filter, RecordId? before, int limit, CancellationToken cancellationToken) =>
        reads.ReadAsync("a list of events", () => inner.ListEventsAsync(filter, before, limit, cancellationToken));

    public ValueTask<EventDetail?> FindEventAsync(RecordId id, CancellationToken cancellationToken) =>
        reads.ReadAsync("an event", () => inner.FindEventAsync(id, cancellationToken));

    public ValueTask<ListPage<DeliveryView>> ListDeliveriesAsync(DeliveryFilter filter, RecordId? before, int limit, CancellationToken cancellationToken) =>
        reads.ReadAsync("a list of deliveries", () => inner.ListDeliveriesAsync(filter, before, limit, cancellationToken));

    public ValueTask<DeliveryView?> FindDeliveryAsync(RecordId id, CancellationToken cancellationToken) =>
        reads.ReadAsync("a delivery", () => inner.FindDeliveryAsync(id, cancellationToken));

    public ValueTask<IReadOnlyList<AttemptRecord>> ListAttemptsAsync(RecordId delivery, CancellationToken cancellationToken) =>
        reads.ReadAsync("attempts", () => inner.ListAttemptsAsync(delivery, cancellationToken));

    public ValueTask<IReadOnlyList<DeliveryView>> ReadDeadLettersAsync(
        DeadLetterFilter filter, RecordId? after, RecordId? upTo, int limit, CancellationToken cancellationToken) =>
        reads.ReadAsync("dead letters", () => inner.ReadDeadLettersAsync(filter, after, upTo, limit, cancellationToken));

    public ValueTask<ListPage<DeliveryView>> ListDeadLettersAsync(DeadLetterFilter filter, RecordId? before, int limit, CancellationToken cancellationToken) =>
        reads.ReadAsync("a list of dead letters", () => inner.ListDeadLettersAsync(filter, before, limit, cancellationToken));

    public ValueTask<long> CountDeadLettersAsync(DeadLetterFilter filter, CancellationToken cancellationToken) =>
        reads.ReadAsync("a count of dead letters", () => inner.CountDeadLettersAsync(filter, cancellationToken));

    public ValueTask<ReplayJob?> FindReplayAsync(RecordId id, CancellationToken cancellationToken) =>
        reads.ReadAsync("a replay", () => inner.FindReplayAsync(id, cancellationToken));

    public ValueTask<IReadOnlyList<ReplayJob>> ListReplaysAsync(RecordId? before, int limit, CancellationToken cancellationToken) =>
        reads.ReadAsync("a list of replays", () => inner.ListReplaysAsync(before, limit, cancellationToken));

    public ValueTask<IReadOnlyList<ApiKeyRecord>> ListApiKeysAsync(CancellationToken cancellationToken) => inner.ListApiKeysAsync(cancellationToken);

    public ValueTask<IReadOnlyList<AuditLine>> ListAuditAsync(long? before, int limit, CancellationToken cancellationToken) =>
        inner.ListAuditAsync(before, limit, cancellationToken);

    public ValueTask<string?> ReadConfigurationAsync(CancellationToken cancellationToken) => inner.ReadConfigurationAsync(cancellationToken);
}
