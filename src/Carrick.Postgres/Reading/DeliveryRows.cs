using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Reading;

/// <summary>Reads deliveries from the three places where one can be. Their rows have the same columns, so that one statement can read all.</summary>
internal static class DeliveryRows
{
    public const string FromWork = $"{Work} FROM ~work AS work {EventOfWork}";

    /// <summary>Those with the ids <c>$1</c>. Primary key, a seek per id and consumer: with an array for either column the planner may leave one of them to a filter.</summary>
    public const string FromWorkById =
        $"""
        {Work} FROM unnest($1::bigint[]) AS wanted(id)
        CROSS JOIN LATERAL (SELECT {WorkRows.Columns} FROM ~work WHERE {WorkRows.OfAnyConsumer} AND id = wanted.id LIMIT 1) AS work
        {EventOfWork}
        """;

    public const string FromOutcomes =
        """
        SELECT 1, outcomes.delivery, outcomes.event, outcomes.consumer, coalesce(events.integration, 0), coalesce(events.type, ''),
            NULL::text, outcomes.attempts, outcomes.at, outcomes.replay_of, NULL::bigint, outcomes.outcome::integer, NULL::text
        FROM ~outcomes AS outcomes
        LEFT JOIN LATERAL (SELECT integration, type FROM ~events AS stored WHERE stored.id = outcomes.event LIMIT 1) AS events ON true
        """;

    public const string FromDead =
        """
        SELECT 2, delivery, event, consumer, integration, type,
            ordering_key, attempts, at, replay_of, replayed_by, category::integer, reason
        FROM ~dead_letters
        """;

    private const string Work =
        """
        SELECT 0, work.id, work.event, work.consumer, coalesce(events.integration, 0), coalesce(events.type, ''),
            work.ordering_key, work.attempts, work.due_at, work.replay_of, NULL::bigint, NULL::integer, NULL::text
        """;

    // The limit keeps the planner from joining the other way round, which would read all events.
    private const string EventOfWork =
        "LEFT JOIN LATERAL (SELECT integration, type FROM ~events AS stored WHERE stored.id = work.event LIMIT 1) AS events ON true";

    public static DeliveryView Read(NpgsqlDataReader row, StoreState state)
    {
        var view = new DeliveryView
        {
            Id = state.Ids.Make(row.GetInt64(1)),
            EventId = state.Ids.Make(row.GetInt64(2)),
            ConsumerNumber = row.GetInt32(3),
            Consumer = state.Names.Consumer(row.GetInt32(3)),
            Integration = state.Names.Integration(row.GetInt32(4)),
            Type = row.Text(5),
            State = DeliveryState.Dead,
            OrderingKey = row.NullableText(6),
            Attempts = row.GetInt32(7),
            ReplayOf = state.Ids.Make(row.NullableInt64(9)),
        };
        var at = row.GetInt64(8);
        return row.GetInt32(0) switch
        {
            0 => view with
            {
                State = view.Attempts == 0 ? DeliveryState.Pending : DeliveryState.Retrying,
                DueAt = at == 0 ? null : UnixTime.From(at),
            },
            1 => view with { State = Of((DeliveryOutcome)row.GetInt32(11)), EndedAt = UnixTime.From(at) },
            _ => view with
            {
                EndedAt = UnixTime.From(at),
                ReplayedBy = state.Ids.Make(row.NullableInt64(10)),
                Category = (FailureCategory)row.GetInt32(11),
                Reason = row.Text(12),
            },
        };
    }

    private static DeliveryState Of(DeliveryOutcome outcome) => outcome switch
    {
        DeliveryOutcome.Skipped => DeliveryState.Skipped,
        DeliveryOutcome.Discarded => DeliveryState.Discarded,
        _ => DeliveryState.Succeeded,
    };
}
