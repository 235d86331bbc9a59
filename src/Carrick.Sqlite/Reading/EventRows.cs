using Carrick.Sqlite.Raw;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Reading;

/// <summary>Reads whole events.</summary>
internal static class EventRows
{
    private const string One =
        """
        SELECT integration, type, message_id, subject, content_type, received_at, version, verdict, trace_parent, headers, body, deduplication_key
        FROM events WHERE id = ?1
        """;

    public static EventRecord? Find(Database database, StoreState state, RecordId id)
    {
        var row = database[One].Bind(1, id.Key);
        if (!row.Step())
        {
            return null;
        }

        var found = new EventRecord
        {
            Id = id,
            Integration = state.Names.Integration(row.Int32(0)),
            Type = row.Text(1),
            MessageId = row.Text(2),
            Subject = row.NullableText(3),
            ContentType = row.NullableText(4),
            ReceivedAt = UnixTime.From(row.Int64(5)),
            Version = row.NullableInt64(6),
            Verdict = row.NullableText(7),
            TraceParent = row.NullableText(8),
            Headers = HeaderCodec.Read(row.Blob(9)),
            Body = row.Blob(10).ToArray(),
            DeduplicationKey = row.NullableText(11),
        };
        row.Reset();
        return found;
    }
}
