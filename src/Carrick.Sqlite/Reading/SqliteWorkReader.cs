using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Reading;

/// <summary>The engine's reads, each by one index.</summary>
internal sealed class SqliteWorkReader(ReaderPool pool, StoreState state) : IWorkReader
{
    // Primary key.
    private const string Ready = $"SELECT {WorkRows.Columns} FROM work WHERE consumer = ?1 AND id > ?2 AND due_at = 0 ORDER BY id LIMIT ?3";

    // Index work_delayed.
    private const string Delayed =
        $"SELECT {WorkRows.Columns} FROM work WHERE consumer = ?1 AND due_at > 0 AND (due_at, id) > (?2, ?3) ORDER BY due_at, id LIMIT ?4";

    // Index work_ordered.
    private const string Key = $"SELECT {WorkRows.Columns} FROM work WHERE consumer = ?1 AND ordering_key = ?2 AND id > ?3 ORDER BY id LIMIT ?4";

    public ValueTask<IReadOnlyList<WorkItem>> ReadReadyAsync(int consumer, RecordId after, int limit, CancellationToken cancellationToken) =>
        pool.ReadAsync(
            (state.Ids, consumer, after, limit),
            static (database, it) => WorkRows.Read(database[Ready].Bind(1, it.consumer).Bind(2, it.after.Key).Bind(3, it.limit), it.Ids),
            cancellationToken);

    public ValueTask<IReadOnlyList<WorkItem>> ReadDelayedAsync(
        int consumer, DateTimeOffset afterDue, RecordId afterId, int limit, CancellationToken cancellationToken) =>
        pool.ReadAsync(
            (state.Ids, consumer, afterDue, afterId, limit),
            static (database, it) => WorkRows.Read(
                database[Delayed].Bind(1, it.consumer).Bind(2, UnixTime.Of(it.afterDue)).Bind(3, it.afterId.Key).Bind(4, it.limit), it.Ids),
            cancellationToken);

    public ValueTask<IReadOnlyList<WorkItem>> ReadKeyAsync(
        int consumer, string orderingKey, RecordId after, int limit, CancellationToken cancellationToken) =>
        pool.ReadAsync(
            (state.Ids, consumer, orderingKey, after, limit),
            static (database, it) => WorkRows.Read(database[Key].Bind(1, it.consumer).Bind(2, it.orderingKey).Bind(3, it.after.Key).Bind(4, it.limit), it.Ids),
            cancellationToken);

    public ValueTask<WorkItem?> FindAsync(RecordId delivery, CancellationToken cancellationToken) => !state.Ids.Owns(delivery)
        ? ValueTask.FromResult<WorkItem?>(null)
        : pool.ReadAsync(
            (state.Ids, delivery),
            static (database, it) => WorkRows.Find(database, it.Ids, it.delivery),
            cancellationToken);

    public ValueTask<IReadOnlyList<EventRecord>> ReadEventsAsync(IReadOnlyCollection<RecordId> ids, CancellationToken cancellationToken) =>
        pool.ReadAsync(
            (state, ids),
            static (database, it) =>
            {
                var events = new List<EventRecord>(it.ids.Count);
                foreach (var id in it.ids)
                {
                    if (it.state.Ids.Owns(id) && EventRows.Find(database, it.state, id) is { } found)
                    {
                        events.Add(found);
                    }
                }

                return (IReadOnlyList<EventRecord>)events;
            },
            cancellationToken);

    // Primary key.
    public ValueTask<long?> FindVersionAsync(int consumer, string subject, CancellationToken cancellationToken) =>
        pool.ReadAsync(
            (consumer, subject),
            static (database, it) =>
                database["SELECT version FROM delivered_versions WHERE consumer = ?1 AND subject = ?2"].Bind(1, it.consumer).Bind(2, it.subject).Scalar(),
            cancellationToken);

    public ValueTask<IReadOnlyDictionary<int, ConsumerDepth>> CountAsync(CancellationToken cancellationToken) =>
        pool.ReadAsync(0, static (database, _) => Count(database), cancellationToken);

    public ValueTask<IReadOnlyList<ReplayJob>> ReadOpenReplaysAsync(CancellationToken cancellationToken) =>
        pool.ReadAsync(
            state.Ids,
            static (database, ids) => ReplayRows.Read(database[$"SELECT {ReplayRows.Columns} FROM replays WHERE state = 0 ORDER BY id"], ids),
            cancellationToken);

    private static IReadOnlyDictionary<int, ConsumerDepth> Count(Database database)
    {
        var depths = new Dictionary<int, ConsumerDepth>();
        var row = database[
            """
            SELECT consumer, sum(ready), sum(delayed), sum(dead) FROM (
                SELECT consumer, count(*) FILTER (WHERE due_at = 0) AS ready, count(*) FILTER (WHERE due_at > 0) AS delayed, 0 AS dead FROM work GROUP BY consumer
                UNION ALL
                SELECT consumer, 0, 0, count(*) FROM dead_letters WHERE replayed_by IS NULL GROUP BY consumer)
            GROUP BY consumer
            """];
        while (row.Step())
        {
            depths.Add(row.Int32(0), new ConsumerDepth(row.Int64(1), row.Int64(2), row.Int64(3)));
        }

        return depths;
    }
}
