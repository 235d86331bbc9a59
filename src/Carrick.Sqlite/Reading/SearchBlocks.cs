using Carrick.Sqlite.Raw;
using Carrick.Storage.Search;

namespace Carrick.Sqlite.Reading;

/// <summary>Reads blocks, and what makes the next one.</summary>
internal static class SearchBlocks
{
    private const int BlocksInRead = 2_048;

    // The line of a hash, whose half is the parameter, cut out of a filter: see BloomFilter.
    private const string Words = "substr(words, (((?1 * (length(words) / 32)) >> 32) * 32) + 1, 32), substr(words, (((?2 * (length(words) / 32)) >> 32) * 32) + 1, 32)";

    private const string OfEvents =
        $"""
        SELECT from_key, to_key, oldest_at, newest_at, {Words}, NULL FROM event_blocks WHERE from_key < ?3 AND to_key < ?4 ORDER BY to_key DESC LIMIT ?5
        """;

    private const string OfEventsWithSubject =
        $"""
        SELECT from_key, to_key, oldest_at, newest_at, {Words}, substr(subjects, (((?6 * (length(subjects) / 32)) >> 32) * 32) + 1, 32)
        FROM event_blocks WHERE from_key < ?3 AND to_key < ?4 ORDER BY to_key DESC LIMIT ?5
        """;

    private const string OfDeliveries =
        $"SELECT from_key, to_key, 0, 0, {Words}, NULL FROM delivery_blocks WHERE from_key < ?3 AND to_key < ?4 ORDER BY to_key DESC LIMIT ?5";

    public static ValueTask<BlockStretch?> ReadAsync(ReaderPool pool, BlockQuery query, long before, CancellationToken cancellationToken) =>
        pool.ReadAsync((query, before), static (database, it) => Read(database, it.query, it.before), cancellationToken);

    /// <summary>The block that follows those that are stored, if there are rows enough for it.</summary>
    public static SearchBlock? ReadNext(Database database, BlockKind kind) => kind == BlockKind.Events ? NextOfEvents(database) : NextOfDeliveries(database);

    private static BlockStretch? Read(Database database, BlockQuery query, long before)
    {
        var isOfDeliveries = query.Kind == BlockKind.Deliveries;
        // The block that holds the key, if there is one, and those below it.
        var top = database[isOfDeliveries
            ? "SELECT min(to_key) FROM delivery_blocks WHERE to_key >= ?1"
            : "SELECT min(to_key) FROM event_blocks WHERE to_key >= ?1"].Bind(1, before).Scalar() ?? long.MaxValue - 1;
        var row = database[isOfDeliveries ? OfDeliveries : query.Subject is null ? OfEvents : OfEventsWithSubject]
            .Bind(1, BloomFilter.LineHalf(query.Word ?? 0)).Bind(2, BloomFilter.LineHalf(query.OtherWord ?? 0)).Bind(3, before).Bind(4, top + 1).Bind(5, BlocksInRead);
        if (query.Subject is { } subject)
        {
            row.Bind(6, BloomFilter.LineHalf(subject));
        }

        var stretch = new BlockStretchBuilder(query);
        while (row.Step())
        {
            stretch.Add(row.Int64(0), row.Int64(1), row.Int64(2), row.Int64(3), row.Blob(4), row.Blob(5), row.Blob(6));
        }

        return stretch.Build();
    }

    private static SearchBlock? NextOfEvents(Database database)
    {
        var from = database["SELECT max(to_key) FROM event_blocks"].Scalar() ?? 0;
        var block = new SearchBlockBuilder(BlockKind.Events, from);
        var row = database["SELECT id, integration, type, subject, received_at FROM events WHERE id >= ?1 ORDER BY id LIMIT ?2"].Bind(1, from).Bind(2, SearchBlock.EventRows);
        while (row.Step())
        {
            block.AddEvent(row.Int64(0), row.Int32(1), row.Text(2), row.NullableText(3), row.Int64(4));
        }

        return block.Rows < SearchBlock.EventRows ? null : block.Build();
    }

    private static SearchBlock? NextOfDeliveries(Database database)
    {
        var from = database["SELECT max(to_key) FROM delivery_blocks"].Scalar() ?? 0;
        var first = new FirstDeliveries(SearchBlock.DeliveryRows);
        // All by primary key, from the same key on; each stops behind those that the others have.
        foreach (var sql in (ReadOnlySpan<string>)[
            "SELECT delivery, consumer, event FROM outcomes WHERE delivery >= ?1 ORDER BY delivery LIMIT ?2",
            "SELECT delivery, consumer, event FROM dead_letters WHERE delivery >= ?1 ORDER BY delivery LIMIT ?2"])
        {
            Offer(first, database[sql].Bind(1, from).Bind(2, SearchBlock.DeliveryRows));
        }

        foreach (var consumer in WorkRows.Busy(database))
        {
            Offer(first, database["SELECT id, consumer, event FROM work WHERE consumer = ?3 AND id >= ?1 ORDER BY id LIMIT ?2"]
                .Bind(1, from).Bind(2, SearchBlock.DeliveryRows).Bind(3, consumer));
        }

        if (!first.IsFull)
        {
            return null;
        }

        var block = new SearchBlockBuilder(BlockKind.Deliveries, from);
        var integration = database["SELECT integration FROM events WHERE id = ?1"];
        foreach (var (delivery, consumer, @event) in first.InOrder())
        {
            block.AddDelivery(delivery, consumer, (int?)integration.Bind(1, @event).Scalar());
        }

        return block.Build();
    }

    private static void Offer(FirstDeliveries first, Statement row)
    {
        while (row.Step() && first.Offer(row.Int64(0), row.Int32(1), row.Int64(2)))
        {
        }

        row.Reset();
    }
}
