using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Reading;

/// <summary>The dead letters that a filter matches, in one place for lists, counts and replay jobs.</summary>
internal static class DeadLetterSql
{
    /// <summary>Parameters 1 to 7; unset ones match all.</summary>
    public const string Matches =
        """
        replayed_by IS NULL
        AND (?1 IS NULL OR integration = (SELECT number FROM integrations WHERE name = ?1))
        AND (?2 IS NULL OR consumer = (SELECT number FROM consumers WHERE name = ?2))
        AND (?3 IS NULL OR type = ?3)
        AND (?4 IS NULL OR category = ?4)
        AND (?5 IS NULL OR at >= ?5)
        AND (?6 IS NULL OR at < ?6)
        AND (?7 IS NULL OR delivery IN (SELECT value FROM json_each(?7)))
        """;

    private const int RowsInWindow = 2_048;

    // Index dead_letters_open_by_id, as the others here.
    private const string Boundary = "SELECT delivery FROM dead_letters WHERE replayed_by IS NULL AND delivery < ?1 ORDER BY delivery DESC LIMIT 1 OFFSET ?2";

    private const string EndOfWindow = "SELECT delivery FROM dead_letters WHERE replayed_by IS NULL AND delivery > ?1 ORDER BY delivery LIMIT 1 OFFSET ?2";

    private const string Newest =
        $"SELECT {DeliveryRows.DeadColumns} FROM dead_letters WHERE {Matches} AND delivery >= ?8 AND delivery < ?9 ORDER BY delivery DESC LIMIT ?10";

    private const string Oldest =
        $"SELECT {DeliveryRows.DeadColumns} FROM dead_letters WHERE {Matches} AND delivery > ?8 AND delivery <= ?9 ORDER BY delivery LIMIT ?10";

    private const string Count = $"SELECT count(*) FROM dead_letters WHERE {Matches} AND delivery > ?8 AND delivery <= ?9";

    /// <summary>Newest first.</summary>
    public static SqliteScan<DeliveryView> Scan(ReaderPool pool, StoreState state, DeadLetterFilter filter) => new(
        pool, new ScanSql(Boundary, Newest) { FirstParameter = 8 }, statement => Bind(statement, state.Ids, filter), row => DeliveryRows.ReadDead(row, state), view => view.Id.Key);

    /// <summary>Oldest first, behind <paramref name="after"/>.</summary>
    /// <returns>Matching rows, and the key to go on behind; <see langword="null"/> at the end.</returns>
    public static (IReadOnlyList<DeliveryView> Items, long? Next) ReadWindow(Database database, StoreState state, DeadLetterFilter filter, long after, long upTo, int room)
    {
        var end = FindEnd(database, after, upTo);
        var items = DeliveryRows.ReadDead(Bind(database[Oldest], state.Ids, filter).Bind(8, after).Bind(9, end ?? upTo).Bind(10, room), state);
        return (items, end);
    }

    /// <summary>How many match behind <paramref name="after"/>, in one window.</summary>
    public static (long Matching, long? Next) CountWindow(Database database, IdSpace ids, DeadLetterFilter filter, long after)
    {
        var end = FindEnd(database, after, long.MaxValue);
        return (Bind(database[Count], ids, filter).Bind(8, after).Bind(9, end ?? long.MaxValue).Scalar() ?? 0, end);
    }

    private static long? FindEnd(Database database, long after, long upTo) =>
        database[EndOfWindow].Bind(1, after).Bind(2, RowsInWindow - 1).Scalar() is { } end && end < upTo ? end : null;

    private static Statement Bind(Statement statement, IdSpace ids, DeadLetterFilter filter) => statement
        .Bind(1, filter.Integration).Bind(2, filter.Consumer).Bind(3, filter.Type).Bind(4, (long?)(int?)filter.Category)
        .Bind(5, Ceiling(filter.From)).Bind(6, Ceiling(filter.To)).Bind(7, Keys(ids, filter.Deliveries));

    // A stored time has whole milliseconds, so "at or after" a fraction means from the next one on.
    private static long? Ceiling(DateTimeOffset? time) => time is { } value ? UnixTime.Due(value) : null;

    private static string? Keys(IdSpace ids, IReadOnlyList<RecordId>? deliveries) => deliveries is null
        ? null
        : $"[{string.Join(',', deliveries.Where(ids.Owns).Select(id => id.Key))}]";
}
