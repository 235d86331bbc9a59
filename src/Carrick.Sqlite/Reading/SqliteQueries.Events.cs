using System.Text;
using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Carrick.Storage.Rows;
using Carrick.Storage.Search;

namespace Carrick.Sqlite.Reading;

internal sealed partial class SqliteQueries
{
    private const string EventBoundary = "SELECT id FROM events WHERE id < ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2";

    private const string EventWindow =
        """
        SELECT id, integration, type, message_id, subject, content_type, length(body), received_at FROM events
        WHERE id >= ?1 AND id < ?2
        AND (?4 IS NULL OR integration = ?4) AND (?5 IS NULL OR type = ?5) AND (?6 IS NULL OR subject = ?6)
        AND (?7 IS NULL OR received_at >= ?7) AND (?8 IS NULL OR received_at < ?8)
        AND (?9 IS NULL OR message_id = ?9)
        ORDER BY id DESC LIMIT ?3
        """;

    // The unique index of event_keys, two seeks per integration: the key is the message id, or begins with it.
    private const string EventsByMessage =
        """
        SELECT event FROM event_keys WHERE integration IN (SELECT number FROM integrations) AND message_id = ?1 AND event < ?2
        UNION ALL
        SELECT event FROM event_keys WHERE integration IN (SELECT number FROM integrations) AND message_id > ?3 AND message_id < ?4 AND event < ?2
        ORDER BY event DESC
        """;

    // Primary key, and index event_keys_shared_body.
    private const string KeyOfEvent =
        """
        SELECT conflicts,
            (SELECT o.event FROM event_keys AS o WHERE o.integration = k.integration AND o.shared_body = k.shared_body AND o.event < k.event ORDER BY o.event LIMIT 1)
        FROM event_keys AS k WHERE event = ?1
        """;

    public async ValueTask<ListPage<EventSummary>> ListEventsAsync(
        EventFilter filter, RecordId? before, int limit, CancellationToken cancellationToken)
    {
        var integration = filter.Integration is { } name ? state.Names.FindIntegration(name) : null;
        if (filter.Integration is not null && integration is null)
        {
            return ListPage<EventSummary>.Empty;
        }

        Statement Bind(Statement statement) => BindFilter(statement, filter, integration);

        var last = before?.Key ?? long.MaxValue;
        if (filter.MessageId is not null)
        {
            var events = await searches.ReadAsync(
                0, (database, _) => ReadByMessage(database, filter.MessageId, last, limit + 1, Bind), cancellationToken).ConfigureAwait(false);
            return ListPage<EventSummary>.Of(events, limit, item => item.Id);
        }

        var query = BlockQuery.Events(integration, Stored(filter.Type), Stored(filter.Subject), Milliseconds(filter.From), Milliseconds(filter.To));
        var scanned = await new ListScan(time).RunAsync(
            new SqliteScan<EventSummary>(searches, new ScanSql(EventBoundary, EventWindow), Bind, ReadSummaries, item => item.Id.Key), query, last, limit + 1,
            cancellationToken).ConfigureAwait(false);
        return ListScan.Page(scanned, limit, item => item.Id, state.Ids.Make);
    }

    public ValueTask<EventDetail?> FindEventAsync(RecordId id, CancellationToken cancellationToken) => !state.Ids.Owns(id)
        ? ValueTask.FromResult<EventDetail?>(null)
        : pool.ReadAsync(
            (state, id),
            static (database, it) =>
            {
                if (EventRows.Find(database, it.state, it.id) is not { } found)
                {
                    return null;
                }

                var (conflicts, first) = ReadKey(database, it.id.Key);
                return new EventDetail(found, conflicts, [.. EventDeliveries.Read(database, it.state, it.id).Take(1_000)]) { PossibleReplayOf = it.state.Ids.Make(first) };
            },
            cancellationToken);

    private List<EventSummary> ReadByMessage(Database database, string messageId, long before, int limit, Func<Statement, Statement> bind)
    {
        var keys = new List<long>();
        var row = database[EventsByMessage].Bind(1, messageId).Bind(2, before)
            .Bind(3, messageId + DeduplicationKey.Separator).Bind(4, messageId + DeduplicationKey.AfterSeparator);
        while (row.Step())
        {
            keys.Add(row.Int64(0));
        }

        return [.. keys.SelectMany(key => ReadSummaries(bind(database[EventWindow].Bind(1, key).Bind(2, key + 1).Bind(3, 1)))).Take(limit)];
    }

    // Blocks hold what the database holds: UTF-8, which half a surrogate pair is not.
    private static string? Stored(string? text) => text is null ? null : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private static long? Milliseconds(DateTimeOffset? time) => time is { } value ? UnixTime.Due(value) : null;

    private static (long Conflicts, long? First) ReadKey(Database database, long id)
    {
        var row = database[KeyOfEvent].Bind(1, id);
        if (!row.Step())
        {
            return default;
        }

        var key = (row.Int64(0), row.NullableInt64(1));
        row.Reset();
        return key;
    }

    private static Statement BindFilter(Statement statement, EventFilter filter, int? integration) => statement
        .Bind(4, (long?)integration).Bind(5, filter.Type).Bind(6, filter.Subject)
        .Bind(7, Milliseconds(filter.From)).Bind(8, Milliseconds(filter.To))
        .Bind(9, filter.MessageId);

    private List<EventSummary> ReadSummaries(Statement row)
    {
        var events = new List<EventSummary>();
        while (row.Step())
        {
            events.Add(new EventSummary(
                state.Ids.Make(row.Int64(0)), state.Names.Integration(row.Int32(1)), row.Text(2), row.Text(3), row.NullableText(4),
                row.NullableText(5), row.Int64(6), UnixTime.From(row.Int64(7))));
        }

        return events;
    }
}
