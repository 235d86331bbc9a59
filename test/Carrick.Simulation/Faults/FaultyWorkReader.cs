using Carrick.Storage;

namespace Carrick.Simulation.Faults;

/// <summary>The engine's reads over <see cref="FaultyReads"/>.</summary>
internal sealed class FaultyWorkReader(IWorkReader inner, FaultyReads reads) : IWorkReader
{
    public ValueTask<IReadOnlyList<WorkItem>> ReadReadyAsync(int consumer, RecordId after, int limit, CancellationToken cancellationToken) =>
        reads.ReadAsync($"ready of {consumer}", () => inner.ReadReadyAsync(consumer, after, limit, cancellationToken));

    public ValueTask<IReadOnlyList<WorkItem>> ReadDelayedAsync(
        int consumer, DateTimeOffset afterDue, RecordId afterId, int limit, CancellationToken cancellationToken) =>
        reads.ReadAsync($"delayed of {consumer}", () => inner.ReadDelayedAsync(consumer, afterDue, afterId, limit, cancellationToken));

    public ValueTask<IReadOnlyList<WorkItem>> ReadKeyAsync(
        int consumer, string orderingKey, RecordId after, int limit, CancellationToken cancellationToken) =>
        reads.ReadAsync($"key {orderingKey} of {consumer}", () => inner.ReadKeyAsync(consumer, orderingKey, after, limit, cancellationToken));

    public ValueTask<WorkItem?> FindAsync(RecordId delivery, CancellationToken cancellationToken) =>
        reads.ReadAsync("a delivery", () => inner.FindAsync(delivery, cancellationToken));

    public ValueTask<IReadOnlyList<EventRecord>> ReadEventsAsync(IReadOnlyCollection<RecordId> ids, CancellationToken cancellationToken) =>
        reads.ReadAsync("events", () => inner.ReadEventsAsync(ids, cancellationToken));

    public ValueTask<long?> FindVersionAsync(int consumer, string subject, CancellationToken cancellationToken) =>
        reads.ReadAsync($"the version of {subject} of {consumer}", () => inner.FindVersionAsync(consumer, subject, cancellationToken));

    public ValueTask<IReadOnlyDictionary<int, ConsumerDepth>> CountAsync(CancellationToken cancellationToken) =>
        reads.ReadAsync("depths", () => inner.CountAsync(cancellationToken));

    public ValueTask<IReadOnlyList<ReplayJob>> ReadOpenReplaysAsync(CancellationToken cancellationToken) =>
        reads.ReadAsync("open replays", () => inner.ReadOpenReplaysAsync(cancellationToken));
}
