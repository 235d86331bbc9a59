using Carrick.Storage;

namespace Carrick.Simulation.Faults;

/// <summary>Hands every call on; what is planted overrides one.</summary>
internal class PassingWorkReader(IWorkReader inner) : IWorkReader
{
    public ValueTask<IReadOnlyList<WorkItem>> ReadReadyAsync(int consumer, RecordId after, int limit, CancellationToken cancellationToken) =>
        inner.ReadReadyAsync(consumer, after, limit, cancellationToken);

    public virtual ValueTask<IReadOnlyList<WorkItem>> ReadDelayedAsync(
        int consumer, DateTimeOffset afterDue, RecordId afterId, int limit, CancellationToken cancellationToken) =>
        inner.ReadDelayedAsync(consumer, afterDue, afterId, limit, cancellationToken);

    public ValueTask<IReadOnlyList<WorkItem>> ReadKeyAsync(int consumer, string orderingKey, RecordId after, int limit, CancellationToken cancellationToken) =>
        inner.ReadKeyAsync(consumer, orderingKey, after, limit, cancellationToken);

    public ValueTask<WorkItem?> FindAsync(RecordId delivery, CancellationToken cancellationToken) => inner.FindAsync(delivery, cancellationToken);

    public ValueTask<IReadOnlyList<EventRecord>> ReadEventsAsync(IReadOnlyCollection<RecordId> ids, CancellationToken cancellationToken) =>
        inner.ReadEventsAsync(ids, cancellationToken);

    public ValueTask<long?> FindVersionAsync(int consumer, string subject, CancellationToken cancellationToken) =>
        inner.FindVersionAsync(consumer, subject, cancellationToken);

    public ValueTask<IReadOnlyDictionary<int, ConsumerDepth>> CountAsync(CancellationToken cancellationToken) => inner.CountAsync(cancellationToken);

    public ValueTask<IReadOnlyList<ReplayJob>> ReadOpenReplaysAsync(CancellationToken cancellationToken) => inner.ReadOpenReplaysAsync(cancellationToken);
}
