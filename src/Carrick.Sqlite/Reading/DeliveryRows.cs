using Carrick.Retry;
using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Reading;

/// <summary>Reads deliveries from the three places where one can be.</summary>
internal static class DeliveryRows
{
    public const string DeadColumns =
        "delivery, event, consumer, integration, type, ordering_key, attempts, category, reason, at, replay_of, replayed_by";

    public const string FromWork =
        """
        SELECT work.id, work.event, work.consumer, events.integration, events.type, work.ordering_key, work.attempts, work.due_at, work.replay_of
        FROM work LEFT JOIN events ON events.id = work.event
        """;

    public const string FromOutcomes =
        """
        SELECT outcomes.delivery, outcomes.event, outcomes.consumer, events.integration, events.type, outcomes.outcome, outcomes.attempts, outcomes.at, outcomes.replay_of
        FROM outcomes LEFT JOIN events ON events.id = outcomes.event
        """;

    public const string FromDead = $"SELECT {DeadColumns} FROM dead_letters";

    public static IReadOnlyList<DeliveryView> ReadDead(Statement row, StoreState state)
    {
        var found = new List<DeliveryView>();
        while (row.Step())
        {
            found.Add(Common(row, state, DeliveryState.Dead) with
            {
                OrderingKey = row.NullableText(5),
                Attempts = row.Int32(6),
                Category = (FailureCategory)row.Int32(7),
                Reason = row.Text(8),
                EndedAt = UnixTime.From(row.Int64(9)),
                ReplayOf = state.Ids.Make(row.NullableInt64(10)),
                ReplayedBy = state.Ids.Make(row.NullableInt64(11)),
            });
        }

        return found;
    }

    public static IReadOnlyList<DeliveryView> ReadWork(Statement row, StoreState state)
    {
        var found = new List<DeliveryView>();
        while (row.Step())
        {
            var attempts = row.Int32(6);
            var due = row.Int64(7);
            found.Add(Common(row, state, attempts == 0 ? DeliveryState.Pending : DeliveryState.Retrying) with
            {
                OrderingKey = row.NullableText(5),
                Attempts = attempts,
                DueAt = due == 0 ? null : UnixTime.From(due),
                ReplayOf = state.Ids.Make(row.NullableInt64(8)),
            });
        }

        return found;
    }

    public static IReadOnlyList<DeliveryView> ReadOutcomes(Statement row, StoreState state)
    {
        var found = new List<DeliveryView>();
        while (row.Step())
        {
            found.Add(Common(row, state, Of((DeliveryOutcome)row.Int32(5))) with
            {
                Attempts = row.Int32(6),
                EndedAt = UnixTime.From(row.Int64(7)),
                ReplayOf = state.Ids.Make(row.NullableInt64(8)),
            });
        }

        return found;
    }

    private static DeliveryView Common(Statement row, StoreState state, DeliveryState deliveryState) => new()
    {
        Id = state.Ids.Make(row.Int64(0)),
        EventId = state.Ids.Make(row.Int64(1)),
        ConsumerNumber = row.Int32(2),
        Consumer = state.Names.Consumer(row.Int32(2)),
        Integration = state.Names.Integration(row.Int32(3)),
        Type = row.NullableText(4) ?? string.Empty,
        State = deliveryState,
    };

    private static DeliveryState Of(DeliveryOutcome outcome) => outcome switch
    {
        DeliveryOutcome.Skipped => DeliveryState.Skipped,
        DeliveryOutcome.Discarded => DeliveryState.Discarded,
        _ => DeliveryState.Succeeded,
    };
}
