using Carrick.Storage;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Reading;

/// <summary>Reads events.</summary>
internal static class EventRows
{
    public const string Columns =
        "id, integration, type, message_id, subject, content_type, received_at, version, verdict, trace_parent, headers, body, deduplication_key";

    /// <summary>Without the body, which stays where it is: its length is known without it.</summary>
    public const string SummaryColumns = "id, integration, type, message_id, subject, content_type, octet_length(body), received_at";

    public static EventRecord Read(NpgsqlDataReader row, StoreState state) => new()
    {
        Id = state.Ids.Make(row.GetInt64(0)),
        Integration = state.Names.Integration(row.GetInt32(1)),
        Type = row.Text(2),
        MessageId = row.Text(3),
        Subject = row.NullableText(4),
        ContentType = row.NullableText(5),
        ReceivedAt = UnixTime.From(row.GetInt64(6)),
        Version = row.NullableInt64(7),
        Verdict = row.NullableText(8),
        TraceParent = row.NullableText(9),
        Headers = row.IsDBNull(10) ? [] : HeaderCodec.Read(row.Blob(10)),
        Body = row.Blob(11),
        DeduplicationKey = row.NullableText(12),
    };

    public static EventSummary ReadSummary(NpgsqlDataReader row, StoreState state) => new(
        state.Ids.Make(row.GetInt64(0)),
        state.Names.Integration(row.GetInt32(1)),
        row.Text(2),
        row.Text(3),
        row.NullableText(4),
        row.NullableText(5),
        row.GetInt32(6),
        UnixTime.From(row.GetInt64(7)));
}
