using Carrick.Postgres.Raw;
using Carrick.Storage;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Reading;

/// <summary>The engine's reads, each by one index.</summary>
internal sealed class PostgresWorkReader(PostgresReader reader, StoreState state) : IWorkReader
{
    // Primary key.
    private const string Ready = $"SELECT {WorkRows.Columns} FROM ~work WHERE {WorkRows.OfShards} AND consumer = $2 AND id > $3 AND due_at = 0 ORDER BY id LIMIT $4";

    // Index work_delayed.
    private const string Delayed =
        $"SELECT {WorkRows.Columns} FROM ~work WHERE {WorkRows.OfShards} AND consumer = $2 AND due_at > 0 AND (due_at, id) > ($3, $4) ORDER BY due_at, id LIMIT $5";

    // Index work_ordered, and no other has this order. With an equality the primary key would do too, and read past all other keys.
    private const string Key =
        $"""
        SELECT {WorkRows.Columns} FROM ~work WHERE {WorkRows.OfShards} AND consumer = $2 AND (ordering_key, id) > ($3, $4) AND ordering_key <= $3
        ORDER BY ordering_key, id LIMIT $5
        """;

    // Primary key, a seek per consumer.
    private const string One = $"SELECT {WorkRows.Columns} FROM ~work WHERE {WorkRows.OfAnyConsumer} AND id = $1";

    // Primary key. A plan that knows no ids leaves days out by the bounds only.
    private const string Events = $"SELECT {EventRows.Columns} FROM ~events WHERE id = ANY($1) AND id >= $2 AND id <= $3";

    // Primary key.
    private const string Version = "SELECT version FROM ~delivered_versions WHERE consumer = $1 AND subject = $2";

    /// <summary>What is in the shards of the bit mask <c>$1</c>, by consumer. The whole of work and of index dead_letters_open.</summary>
    public const string Counts =
        $"""
        SELECT consumer, sum(ready)::bigint, sum(delayed)::bigint, sum(dead)::bigint FROM (
            SELECT consumer, count(*) FILTER (WHERE due_at = 0) AS ready, count(*) FILTER (WHERE due_at > 0) AS delayed, 0 AS dead FROM ~work
            WHERE {WorkRows.OfShards} GROUP BY consumer
            UNION ALL
            SELECT consumer, 0, 0, count(*) FROM ~dead_letters WHERE replayed_by IS NULL AND {WorkRows.OfShards} GROUP BY consumer) AS counted
        GROUP BY consumer
        """;

    private const string OpenReplays = $"SELECT {ReplayRows.Columns} FROM ~replays WHERE state = 0 ORDER BY id";

    public ValueTask<IReadOnlyList<WorkItem>> ReadReadyAsync(int consumer, RecordId after, int limit, CancellationToken cancellationToken) =>
        ListAsync(Ready, [Shards(), P.Int32(consumer), P.Int64(after.Key), P.Int32(limit)], cancellationToken);

    public ValueTask<IReadOnlyList<WorkItem>> ReadDelayedAsync(
        int consumer, DateTimeOffset afterDue, RecordId afterId, int limit, CancellationToken cancellationToken) =>
        ListAsync(Delayed, [Shards(), P.Int32(consumer), P.Int64(UnixTime.Of(afterDue)), P.Int64(afterId.Key), P.Int32(limit)], cancellationToken);

    public ValueTask<IReadOnlyList<WorkItem>> ReadKeyAsync(
        int consumer, string orderingKey, RecordId after, int limit, CancellationToken cancellationToken) =>
        ListAsync(Key, [Shards(), P.Int32(consumer), P.Text(orderingKey), P.Int64(after.Key), P.Int32(limit)], cancellationToken);

    public async ValueTask<WorkItem?> FindAsync(RecordId delivery, CancellationToken cancellationToken) =>
        state.Ids.Owns(delivery) && await ListAsync(One, [P.Int64(delivery.Key)], cancellationToken).ConfigureAwait(false) is [var item, ..] ? item : null;

    public async ValueTask<IReadOnlyList<EventRecord>> ReadEventsAsync(IReadOnlyCollection<RecordId> ids, CancellationToken cancellationToken)
    {
        long[] keys = [.. ids.Where(state.Ids.Owns).Select(id => id.Key)];
        return keys.Length == 0
            ? []
            : await reader.ListAsync(
                Events,
                [P.Int64s(keys), P.Int64(keys.Min()), P.Int64(keys.Max())],
                row => EventRows.Read(row, state),
                cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<long?> FindVersionAsync(int consumer, string subject, CancellationToken cancellationToken)
    {
        var found = await reader.ListAsync(
            Version, [P.Int32(consumer), P.Text(subject)], static row => row.GetInt64(0), cancellationToken).ConfigureAwait(false);
        return found is [var version] ? version : null;
    }

    public async ValueTask<IReadOnlyDictionary<int, ConsumerDepth>> CountAsync(CancellationToken cancellationToken)
    {
        var depths = await reader.ListAsync(
            Counts,
            [P.Int64((long)state.Shards.Owned)],
            static row => KeyValuePair.Create(row.GetInt32(0), new ConsumerDepth(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3))),
            cancellationToken).ConfigureAwait(false);
        return new Dictionary<int, ConsumerDepth>(depths);
    }

    public async ValueTask<IReadOnlyList<ReplayJob>> ReadOpenReplaysAsync(CancellationToken cancellationToken) =>
        await reader.ListAsync(OpenReplays, [], row => ReplayRows.Read(row, state.Ids), cancellationToken).ConfigureAwait(false);

    // What this node may start, as of now: its pump forgets what was read before shards came or went.
    private NpgsqlParameter Shards() => P.Int64((long)state.Shards.Serving);

    private async ValueTask<IReadOnlyList<WorkItem>> ListAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken) =>
        await reader.ListByIndexAsync(sql, parameters, row => WorkRows.Read(row, state.Ids), cancellationToken).ConfigureAwait(false);
}
