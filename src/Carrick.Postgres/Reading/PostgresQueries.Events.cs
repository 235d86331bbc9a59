using Carrick.Postgres.Raw;
using Carrick.Storage;
using Carrick.Storage.Rows;
using Carrick.Storage.Search;
using Npgsql;

namespace Carrick.Postgres.Reading;

internal sealed partial class PostgresQueries
{
    private const string EventMatches =
        """
        ($1::integer IS NULL OR integration = $1) AND ($2::text IS NULL OR type = $2) AND ($3::text IS NULL OR subject = $3)
        AND ($4::bigint IS NULL OR received_at >= $4) AND ($5::bigint IS NULL OR received_at < $5)
        """;

    // Primary keys of the days.
    private const string EventBoundary = "SELECT id FROM ~events WHERE id < $1 ORDER BY id DESC LIMIT 1 OFFSET $2";

    private const string EventWindow =
        $"SELECT {EventRows.SummaryColumns} FROM ~events WHERE {EventMatches} AND id >= $6 AND id < $7 ORDER BY id DESC LIMIT $8";

    private const string EventsById =
        $"SELECT {EventRows.SummaryColumns} FROM ~events WHERE {EventMatches} AND id = ANY($6) ORDER BY id DESC LIMIT $7";

    // Primary key of event_keys, two seeks per integration: the key is the message id, or begins with it.
    private const string KeysByMessage =
        """
        SELECT event FROM ~event_keys
        WHERE integration = ANY(ARRAY(SELECT number FROM ~integrations)) AND message_id = $1 AND event < $2
        UNION ALL
        SELECT event FROM ~event_keys
        WHERE integration = ANY(ARRAY(SELECT number FROM ~integrations)) AND message_id > $3 AND message_id < $4 AND event < $2
        ORDER BY event DESC
        """;

    private const string OneEvent = $"SELECT {EventRows.Columns} FROM ~events WHERE id = $1";

    // Indexes event_keys_event and event_keys_shared_body.
    private const string KeyOfEvent =
        """
        SELECT conflicts,
            (SELECT o.event FROM ~event_keys AS o WHERE o.integration = k.integration AND o.shared_body = k.shared_body AND o.event < k.event ORDER BY o.event LIMIT 1)
        FROM ~event_keys AS k WHERE event = $1
        """;

    public async ValueTask<ListPage<EventSummary>> ListEventsAsync(
        EventFilter filter, RecordId? before, int limit, CancellationToken cancellationToken)
    {
        var integration = filter.Integration is { } name ? state.Names.FindIntegration(name) : null;
        if (filter.Integration is not null && integration is null)
        {
            return ListPage<EventSummary>.Empty;
        }

        var last = before?.Key ?? long.MaxValue;
        return filter.MessageId is null
            ? await ScanEventsAsync(filter, integration, last, limit, cancellationToken).ConfigureAwait(false)
            : ListPage<EventSummary>.Of(
                await ReadByMessageAsync(filter, filter.MessageId, integration, last, limit + 1, cancellationToken).ConfigureAwait(false), limit, item => item.Id);
    }

    private async ValueTask<ListPage<EventSummary>> ScanEventsAsync(EventFilter filter, int? integration, long before, int limit, CancellationToken cancellationToken)
    {
        var scan = new PostgresScan<EventSummary>(
            searches, new ScanSql(EventBoundary, EventWindow), () => EventParameters(filter, integration), row => EventRows.ReadSummary(row, state), item => item.Id.Key);
        var query = BlockQuery.Events(integration, Stored(filter.Type), Stored(filter.Subject), Milliseconds(filter.From), Milliseconds(filter.To));
        var scanned = await new ListScan(time).RunAsync(scan, query, before, limit + 1, cancellationToken).ConfigureAwait(false);
        return ListScan.Page(scanned, limit, item => item.Id, state.Ids.Make);
    }

    private async ValueTask<IReadOnlyList<EventSummary>> ReadByMessageAsync(
        EventFilter filter, string messageId, int? integration, long before, int limit, CancellationToken cancellationToken)
    {
        var keys = await searches.ListAsync(
            KeysByMessage,
            [
                P.Text(messageId), P.Int64(before),
                P.Text(messageId + DeduplicationKey.Separator), P.Text(messageId + DeduplicationKey.AfterSeparator),
            ],
            static row => row.GetInt64(0), cancellationToken).ConfigureAwait(false);
        return keys.Count == 0
            ? []
            : await searches.ListAsync(
                EventsById, [.. EventParameters(filter, integration), P.Int64s([.. keys]), P.Int32(limit)], row => EventRows.ReadSummary(row, state), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<EventDetail?> FindEventAsync(RecordId id, CancellationToken cancellationToken) => !state.Ids.Owns(id)
        ? null
        : await reader.SnapshotAsync(
            async query =>
            {
                var found = await query.ListAsync(
                    OneEvent, [P.Int64(id.Key)], row => EventRows.Read(row, state), cancellationToken).ConfigureAwait(false);
                if (found.Count == 0)
                {
                    return null;
                }

                var keys = await query.ListAsync(
                    KeyOfEvent, [P.Int64(id.Key)], static row => (Conflicts: row.GetInt32(0), First: row.NullableInt64(1)), cancellationToken).ConfigureAwait(false);
                var key = keys is [var only, ..] ? only : default;
                var deliveries = await EventDeliveries.ReadAsync(query, state, id, cancellationToken).ConfigureAwait(false);
                return new EventDetail(found[0], key.Conflicts, [.. deliveries.Take(1_000)]) { PossibleReplayOf = state.Ids.Make(key.First) };
            },
            cancellationToken).ConfigureAwait(false);

    private static NpgsqlParameter[] EventParameters(EventFilter filter, int? integration) =>
    [
        P.Int32(integration), P.Text(filter.Type), P.Text(filter.Subject), P.Int64(Milliseconds(filter.From)), P.Int64(Milliseconds(filter.To)),
    ];

    // Blocks hold what comes back from the database.
    private static string? Stored(string? text) => StoredText.Read(StoredText.Write(text));

    private static long? Milliseconds(DateTimeOffset? time) => time is { } value ? UnixTime.Due(value) : null;
}
