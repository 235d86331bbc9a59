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

    public static Statement Bind(Statement statement, IdSpace ids, DeadLetterFilter filter) => statement
        .Bind(1, filter.Integration).Bind(2, filter.Consumer).Bind(3, filter.Type).Bind(4, (long?)(int?)filter.Category)
        .Bind(5, Ceiling(filter.From)).Bind(6, Ceiling(filter.To)).Bind(7, Keys(ids, filter.Deliveries));

    /// <summary>How many match, of those up to <paramref name="upTo"/>.</summary>
    public static long Count(Database database, IdSpace ids, DeadLetterFilter filter, RecordId? upTo) =>
        Bind(database[$"SELECT count(*) FROM dead_letters WHERE {Matches} AND delivery <= ?8"], ids, filter)
            .Bind(8, upTo?.Key ?? long.MaxValue).Scalar() ?? 0;

    // A stored time has whole milliseconds, so "at or after" a fraction means from the next one on.
    private static long? Ceiling(DateTimeOffset? time) => time is { } value ? UnixTime.Due(value) : null;

    private static string? Keys(IdSpace ids, IReadOnlyList<RecordId>? deliveries) => deliveries is null
        ? null
        : $"[{string.Join(',', deliveries.Where(ids.Owns).Select(id => id.Key))}]";
}
