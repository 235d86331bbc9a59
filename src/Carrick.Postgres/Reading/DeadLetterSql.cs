using Carrick.Postgres.Raw;
using Carrick.Storage;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Reading;

/// <summary>The dead letters that a filter matches, in one place for lists, counts and replay jobs.</summary>
internal static class DeadLetterSql
{
    /// <summary>Conditions on a row of <c>dead_letters</c> with the parameters 1 to 7; unset ones match all.</summary>
    public const string Matches =
        """
        replayed_by IS NULL
        AND ($1::text IS NULL OR integration = (SELECT number FROM ~integrations WHERE name = $1))
        AND ($2::text IS NULL OR consumer = (SELECT number FROM ~consumers WHERE name = $2))
        AND ($3::text IS NULL OR type = $3)
        AND ($4::integer IS NULL OR category = $4)
        AND ($5::bigint IS NULL OR at >= $5)
        AND ($6::bigint IS NULL OR at < $6)
        AND ($7::bigint[] IS NULL OR delivery IN (SELECT unnest($7)))
        """;

    /// <summary>Behind parameter 8, up to 9, oldest first, at most 10. Index dead_letters_open_by_id, as the others here.</summary>
    public const string Oldest = $"{DeliveryRows.FromDead} WHERE {Matches} AND delivery > $8 AND delivery <= $9 ORDER BY delivery LIMIT $10";

    /// <summary>How many match behind parameter 8, up to 9.</summary>
    public const string Count = $"SELECT count(*) FROM ~dead_letters WHERE {Matches} AND delivery > $8 AND delivery <= $9";

    private const int RowsInWindow = 2_048;

    private const string EndOfWindow = "SELECT delivery FROM ~dead_letters WHERE replayed_by IS NULL AND delivery > $1 ORDER BY delivery LIMIT 1 OFFSET $2";

    /// <summary>Newest first.</summary>
    public static ScanSql Newest { get; } = new(
        "SELECT delivery FROM ~dead_letters WHERE replayed_by IS NULL AND delivery < $1 ORDER BY delivery DESC LIMIT 1 OFFSET $2",
        $"{DeliveryRows.FromDead} WHERE {Matches} AND delivery >= $8 AND delivery < $9 ORDER BY delivery DESC LIMIT $10");

    /// <summary>The last key of a window that begins behind <paramref name="after"/>; <see langword="null"/> if the window reaches to the end.</summary>
    public static async ValueTask<long?> FindEndAsync(PostgresReader reader, long after, long upTo, CancellationToken cancellationToken) =>
        await reader.ListByIndexAsync(EndOfWindow, [P.Int64(after), P.Int32(RowsInWindow - 1)], static row => row.GetInt64(0), cancellationToken).ConfigureAwait(false) is [var end]
            && end < upTo ? end : null;

    /// <summary>The parameters of <see cref="Matches"/>, and after them those of the rest of the statement.</summary>
    public static NpgsqlParameter[] Parameters(IdSpace ids, DeadLetterFilter filter, params ReadOnlySpan<NpgsqlParameter> others) =>
    [
        P.Text(filter.Integration), P.Text(filter.Consumer), P.Text(filter.Type), P.Int32((int?)filter.Category),
        P.Int64(Ceiling(filter.From)), P.Int64(Ceiling(filter.To)), P.Int64s(Keys(ids, filter.Deliveries)), .. others,
    ];

    // A stored time has whole milliseconds, so "at or after" a fraction means from the next one on.
    private static long? Ceiling(DateTimeOffset? time) => time is { } value ? UnixTime.Due(value) : null;

    private static long[]? Keys(IdSpace ids, IReadOnlyList<RecordId>? deliveries) =>
        deliveries is null ? null : [.. deliveries.Where(ids.Owns).Select(id => id.Key)];
}
