using Carrick.Postgres.Raw;
using Carrick.Storage.Search;

namespace Carrick.Postgres.Reading;

/// <summary>Reads blocks, and what makes the next one.</summary>
internal static class SearchBlocks
{
    private const int BlocksInRead = 2_048;

    // The line of a hash, whose half is the parameter, cut out of a filter: see BloomFilter.
    private const string Word = "substring(words FROM ((($1 * (octet_length(words) / 32)) >> 32) * 32 + 1)::integer FOR 32)";

    private const string OtherWord = "substring(words FROM ((($2 * (octet_length(words) / 32)) >> 32) * 32 + 1)::integer FOR 32)";

    private const string Subject = "CASE WHEN $6::bigint IS NULL THEN NULL ELSE substring(subjects FROM ((($6 * (octet_length(subjects) / 32)) >> 32) * 32 + 1)::integer FOR 32) END";

    private const string OfEvents =
        $"""
        SELECT from_key, to_key, oldest_at, newest_at, {Word}, {OtherWord}, {Subject} FROM ~event_blocks
        WHERE from_key < $3 AND to_key <= $4 ORDER BY to_key DESC LIMIT $5
        """;

    private const string OfDeliveries =
        $"""
        SELECT from_key, to_key, 0::bigint, 0::bigint, {Word}, {OtherWord}, NULL::bytea FROM ~delivery_blocks
        WHERE from_key < $3 AND to_key <= $4 AND $6::bigint IS NULL ORDER BY to_key DESC LIMIT $5
        """;

    private const string NextEvents = "SELECT id, integration, type, subject, received_at FROM ~events WHERE id >= $1 ORDER BY id LIMIT $2";

    // Each by its primary key; of work a seek for each consumer that has any.
    private const string NextDeliveries =
        """
        WITH RECURSIVE busy(consumer) AS (
            (SELECT consumer FROM ~work ORDER BY consumer LIMIT 1)
            UNION ALL
            SELECT (SELECT w.consumer FROM ~work AS w WHERE w.consumer > busy.consumer ORDER BY w.consumer LIMIT 1) FROM busy WHERE busy.consumer IS NOT NULL)
        SELECT first.delivery, first.consumer, (SELECT e.integration FROM ~events AS e WHERE e.id = first.event) FROM (
            (SELECT delivery, consumer, event FROM ~outcomes WHERE delivery >= $1 ORDER BY delivery LIMIT $2)
            UNION ALL
            (SELECT delivery, consumer, event FROM ~dead_letters WHERE delivery >= $1 ORDER BY delivery LIMIT $2)
            UNION ALL
            SELECT work.id, busy.consumer, work.event FROM busy
            CROSS JOIN LATERAL (SELECT id, event FROM ~work AS w WHERE w.consumer = busy.consumer AND w.id >= $1 ORDER BY id LIMIT $2) AS work
            ORDER BY 1 LIMIT $2) AS first
        ORDER BY 1
        """;

    public static async ValueTask<BlockStretch?> ReadAsync(PostgresReader reader, BlockQuery query, long before, CancellationToken cancellationToken)
    {
        var table = query.Kind == BlockKind.Deliveries ? "~delivery_blocks" : "~event_blocks";
        // The block that holds the key, if there is one, and those below it.
        var top = await reader.ListAsync(
            $"SELECT to_key FROM {table} WHERE to_key >= $1 ORDER BY to_key LIMIT 1", [P.Int64(before)], static row => row.GetInt64(0), cancellationToken).ConfigureAwait(false);
        var stretch = new BlockStretchBuilder(query);
        await reader.ListByIndexAsync(
            query.Kind == BlockKind.Deliveries ? OfDeliveries : OfEvents,
            [
                P.Int64(BloomFilter.LineHalf(query.Word ?? 0)), P.Int64(BloomFilter.LineHalf(query.OtherWord ?? 0)), P.Int64(before),
                P.Int64(top is [var key] ? key : long.MaxValue), P.Int32(BlocksInRead), P.Int64(query.Subject is { } subject ? BloomFilter.LineHalf(subject) : null),
            ],
            row =>
            {
                stretch.Add(
                    row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetFieldValue<byte[]>(4), row.GetFieldValue<byte[]>(5),
                    row.IsDBNull(6) ? [] : row.GetFieldValue<byte[]>(6));
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        return stretch.Build();
    }

    /// <summary>The block that follows those that are stored, if there are rows enough for it.</summary>
    public static ValueTask<SearchBlock?> ReadNextAsync(PostgresReader reader, BlockKind kind, CancellationToken cancellationToken) => reader.SnapshotAsync(
        async query =>
        {
            var (table, rows) = kind == BlockKind.Events ? ("~event_blocks", SearchBlock.EventRows) : ("~delivery_blocks", SearchBlock.DeliveryRows);
            var last = await query.ListAsync($"SELECT coalesce(max(to_key), 0) FROM {table}", [], static row => row.GetInt64(0), cancellationToken).ConfigureAwait(false);
            var block = new SearchBlockBuilder(kind, last[0]);
            await query.ListByIndexAsync(
                kind == BlockKind.Events ? NextEvents : NextDeliveries,
                [P.Int64(last[0]), P.Int32(rows)],
                row =>
                {
                    if (kind == BlockKind.Events)
                    {
                        block.AddEvent(row.GetInt64(0), row.GetInt32(1), row.Text(2), row.NullableText(3), row.GetInt64(4));
                    }
                    else
                    {
                        block.AddDelivery(row.GetInt64(0), row.GetInt32(1), row.IsDBNull(2) ? null : row.GetInt32(2));
                    }

                    return true;
                },
                cancellationToken).ConfigureAwait(false);
            return block.Rows < rows ? null : block.Build();
        },
        cancellationToken);
}
