using Carrick.Storage;
using Carrick.Storage.Rows;

namespace Carrick.Simulation.Memory;

/// <summary>The engine's reads: each sees one state of the tables.</summary>
internal sealed class MemoryWorkReader(MemoryStore store) : IWorkReader
{
    public ValueTask<IReadOnlyList<WorkItem>> ReadReadyAsync(int consumer, RecordId after, int limit, CancellationToken cancellationToken) => store.ReadAsync(
        tables => Items(tables, WorkOf(tables, consumer).Where(row => row.Due == 0 && row.Id > after.Key), limit), cancellationToken);

    public ValueTask<IReadOnlyList<WorkItem>> ReadDelayedAsync(
        int consumer, DateTimeOffset afterDue, RecordId afterId, int limit, CancellationToken cancellationToken) => store.ReadAsync(
        tables => Items(
            tables,
            WorkOf(tables, consumer).Where(row => row.Due > 0 && (row.Due, row.Id).CompareTo((UnixTime.Of(afterDue), afterId.Key)) > 0)
                .OrderBy(row => (row.Due, row.Id)),
            limit),
        cancellationToken);

    public ValueTask<IReadOnlyList<WorkItem>> ReadKeyAsync(
        int consumer, string orderingKey, RecordId after, int limit, CancellationToken cancellationToken) => store.ReadAsync(
        tables => Items(tables, WorkOf(tables, consumer).Where(row => row.OrderingKey == orderingKey && row.Id > after.Key), limit), cancellationToken);

    public ValueTask<WorkItem?> FindAsync(RecordId delivery, CancellationToken cancellationToken) => store.ReadAsync(
        tables => tables.Ids.Owns(delivery) && tables.Work.GetValueOrDefault(delivery.Key) is { } row ? ItemOf(tables, row) : null, cancellationToken);

    public ValueTask<IReadOnlyList<EventRecord>> ReadEventsAsync(IReadOnlyCollection<RecordId> ids, CancellationToken cancellationToken) => store.ReadAsync(
        tables => (IReadOnlyList<EventRecord>)[.. ids.Where(tables.Ids.Owns).Select(id => tables.Events.GetValueOrDefault(id.Key)?.Record).OfType<EventRecord>()],
        cancellationToken);

    public ValueTask<long?> FindVersionAsync(int consumer, string subject, CancellationToken cancellationToken) => store.ReadAsync(
        tables => tables.Versions.GetValueOrDefault((consumer, subject))?.Version, cancellationToken);

    public ValueTask<IReadOnlyDictionary<int, ConsumerDepth>> CountAsync(CancellationToken cancellationToken) => store.ReadAsync(
        tables =>
        {
            var depths = new Dictionary<int, ConsumerDepth>();
            foreach (var row in tables.Work.Values)
            {
                var depth = depths.GetValueOrDefault(row.Consumer);
                depths[row.Consumer] = row.Due == 0 ? depth with { Ready = depth.Ready + 1 } : depth with { Delayed = depth.Delayed + 1 };
            }

            foreach (var row in tables.DeadLetters.Values.Where(row => row.ReplayedBy is null))
            {
                var depth = depths.GetValueOrDefault(row.Work.Consumer);
                depths[row.Work.Consumer] = depth with { Dead = depth.Dead + 1 };
            }

            return (IReadOnlyDictionary<int, ConsumerDepth>)depths;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<ReplayJob>> ReadOpenReplaysAsync(CancellationToken cancellationToken) => store.ReadAsync(
        tables => (IReadOnlyList<ReplayJob>)[.. tables.Replays.Values.Where(job => job.State == ReplayState.Running)], cancellationToken);

    public static WorkItem ItemOf(MemoryTables tables, WorkRow row) => new()
    {
        Id = tables.Ids.Make(row.Id),
        Consumer = row.Consumer,
        EventId = tables.Ids.Make(row.Event),
        OrderingKey = row.OrderingKey,
        DueAt = row.Due == 0 ? null : UnixTime.From(row.Due),
        Attempts = row.Attempts,
        Failures = row.Failures,
        Forced = row.Forced,
        ReplayOf = tables.Ids.Make(row.ReplayOf),
    };

    private static IEnumerable<WorkRow> WorkOf(MemoryTables tables, int consumer) => tables.Work.Values.Where(row => row.Consumer == consumer);

    private static IReadOnlyList<WorkItem> Items(MemoryTables tables, IEnumerable<WorkRow> rows, int limit) =>
        [.. rows.Take(limit).Select(row => ItemOf(tables, row))];
}
