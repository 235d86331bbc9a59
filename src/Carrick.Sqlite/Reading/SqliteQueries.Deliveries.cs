using Carrick.Storage;

namespace Carrick.Sqlite.Reading;

internal sealed partial class SqliteQueries
{
    private const string WorkWindow =
        $"""
        {DeliveryRows.FromWork} WHERE work.consumer = ?1 AND work.id < ?2
        AND (?4 IS NULL OR (work.attempts > 0) = ?4) AND (?5 IS NULL OR events.integration = ?5)
        ORDER BY work.id DESC LIMIT ?3
        """;

    private const string OutcomeBoundary = "SELECT delivery FROM outcomes WHERE delivery < ?1 ORDER BY delivery DESC LIMIT 1 OFFSET ?2";

    private const string OutcomeWindow =
        $"""
        {DeliveryRows.FromOutcomes} WHERE outcomes.delivery >= ?1 AND outcomes.delivery < ?2
        AND (?4 IS NULL OR outcomes.outcome = ?4) AND (?5 IS NULL OR outcomes.consumer = ?5) AND (?6 IS NULL OR events.integration = ?6)
        ORDER BY outcomes.delivery DESC LIMIT ?3
        """;

    private const string DeadBoundary = "SELECT delivery FROM dead_letters WHERE delivery < ?1 ORDER BY delivery DESC LIMIT 1 OFFSET ?2";

    private const string DeadWindow =
        $"""
        {DeliveryRows.FromDead} WHERE delivery >= ?1 AND delivery < ?2
        AND (?4 IS NULL OR consumer = ?4) AND (?5 IS NULL OR integration = ?5)
        ORDER BY delivery DESC LIMIT ?3
        """;

    public async ValueTask<IReadOnlyList<DeliveryView>> ListDeliveriesAsync(
        DeliveryFilter filter, RecordId? before, int limit, CancellationToken cancellationToken)
    {
        if (filter.EventId is { } eventId)
        {
            return await ListOfEventAsync(eventId, filter, before, limit, cancellationToken).ConfigureAwait(false);
        }

        int? consumer = filter.Consumer is null ? null : state.Names.FindConsumer(filter.Consumer) ?? -1;
        int? integration = filter.Integration is null ? null : state.Names.FindIntegration(filter.Integration) ?? -1;
        var last = before?.Key ?? long.MaxValue;

        // Read in the order in which a delivery moves, so that one that moves meanwhile is seen twice rather than not at all.
        var found = new Dictionary<RecordId, DeliveryView>();
        if (filter.State is null or DeliveryState.Pending or DeliveryState.Running or DeliveryState.Retrying)
        {
            int? tried = filter.State switch { DeliveryState.Pending => 0, DeliveryState.Retrying => 1, _ => null };
            foreach (var number in consumer is { } one ? [one] : state.Names.ConsumerNumbers)
            {
                Put(found, await pool.ReadAsync(
                    (state, number, last, limit, tried, integration),
                    static (database, it) => DeliveryRows.ReadWork(
                        database[WorkWindow].Bind(1, it.number).Bind(2, it.last).Bind(3, it.limit).Bind(4, (long?)it.tried).Bind(5, (long?)it.integration), it.state),
                    cancellationToken).ConfigureAwait(false));
            }
        }

        if (filter.State is null or DeliveryState.Dead)
        {
            Put(found, await Window.ScanAsync(
                pool, DeadBoundary, last, limit,
                (database, from, to, room) => DeliveryRows.ReadDead(
                    database[DeadWindow].Bind(1, from).Bind(2, to).Bind(3, room).Bind(4, (long?)consumer).Bind(5, (long?)integration), state),
                cancellationToken).ConfigureAwait(false));
        }

        if (filter.State is null or DeliveryState.Succeeded or DeliveryState.Skipped or DeliveryState.Discarded)
        {
            var outcome = filter.Outcome;
            Put(found, await Window.ScanAsync(
                pool, OutcomeBoundary, last, limit,
                (database, from, to, room) => DeliveryRows.ReadOutcomes(
                    database[OutcomeWindow].Bind(1, from).Bind(2, to).Bind(3, room).Bind(4, outcome).Bind(5, (long?)consumer).Bind(6, (long?)integration), state),
                cancellationToken).ConfigureAwait(false));
        }

        return [.. found.Values.OrderByDescending(view => view.Id).Take(limit)];
    }

    public ValueTask<DeliveryView?> FindDeliveryAsync(RecordId id, CancellationToken cancellationToken) => !state.Ids.Owns(id)
        ? ValueTask.FromResult<DeliveryView?>(null)
        : pool.ReadAsync(
            (state, id),
            static (database, it) => EventDeliveries.FindOne(database, it.state, it.id.Key) is [var view, ..] ? view : null,
            cancellationToken);

    private async ValueTask<IReadOnlyList<DeliveryView>> ListOfEventAsync(
        RecordId eventId, DeliveryFilter filter, RecordId? before, int limit, CancellationToken cancellationToken)
    {
        if (!state.Ids.Owns(eventId))
        {
            return [];
        }

        var all = await pool.ReadAsync(
            (state, eventId), static (database, it) => EventDeliveries.Read(database, it.state, it.eventId), cancellationToken).ConfigureAwait(false);
        return [.. all.Where(view => filter.Matches(view) && (before is not { } last || view.Id < last)).OrderByDescending(view => view.Id).Take(limit)];
    }

    private static void Put(Dictionary<RecordId, DeliveryView> found, IReadOnlyList<DeliveryView> views)
    {
        foreach (var view in views)
        {
            found[view.Id] = view;
        }
    }
}
