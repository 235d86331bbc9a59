using Carrick.Postgres.Raw;
using Carrick.Storage;

namespace Carrick.Postgres.Reading;

internal sealed partial class PostgresQueries
{
    // All by primary keys.
    private const string WorkBoundary = "SELECT id FROM ~work WHERE consumer = $1 AND id < $2 ORDER BY id DESC LIMIT 1 OFFSET $3";

    private const string WorkWindow =
        $"""
        {DeliveryRows.FromWork} WHERE work.consumer = $1 AND work.id >= $2 AND work.id < $3
        AND ($5::boolean IS NULL OR (work.attempts > 0) = $5) AND ($6::integer IS NULL OR events.integration = $6)
        ORDER BY work.id DESC LIMIT $4
        """;

    private const string OutcomeBoundary = "SELECT delivery FROM ~outcomes WHERE delivery < $1 ORDER BY delivery DESC LIMIT 1 OFFSET $2";

    private const string OutcomeWindow =
        $"""
        {DeliveryRows.FromOutcomes} WHERE outcomes.delivery >= $1 AND outcomes.delivery < $2
        AND ($4::integer IS NULL OR outcomes.outcome = $4) AND ($5::integer IS NULL OR outcomes.consumer = $5) AND ($6::integer IS NULL OR events.integration = $6)
        ORDER BY outcomes.delivery DESC LIMIT $3
        """;

    private const string DeadBoundary = "SELECT delivery FROM ~dead_letters WHERE delivery < $1 ORDER BY delivery DESC LIMIT 1 OFFSET $2";

    private const string DeadWindow =
        $"""
        {DeliveryRows.FromDead} WHERE delivery >= $1 AND delivery < $2
        AND ($4::integer IS NULL OR consumer = $4) AND ($5::integer IS NULL OR integration = $5)
        ORDER BY delivery DESC LIMIT $3
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
            bool? tried = filter.State switch { DeliveryState.Pending => false, DeliveryState.Retrying => true, _ => null };
            foreach (var number in consumer is { } one ? [one] : state.Names.ConsumerNumbers)
            {
                Put(found, await Window.ScanAsync(
                    (to, skip) => BoundaryAsync(WorkBoundary, [P.Int32(number), P.Int64(to), P.Int32(skip)], cancellationToken),
                    (from, to, room) => ListDeliveriesAsync(
                        WorkWindow,
                        [P.Int32(number), P.Int64(from), P.Int64(to), P.Int32(room), P.Bool(tried), P.Int32(integration)],
                        cancellationToken),
                    last,
                    limit,
                    cancellationToken).ConfigureAwait(false));
            }
        }

        if (filter.State is null or DeliveryState.Dead)
        {
            Put(found, await Window.ScanAsync(
                (to, skip) => BoundaryAsync(DeadBoundary, [P.Int64(to), P.Int32(skip)], cancellationToken),
                (from, to, room) => ListDeliveriesAsync(
                    DeadWindow, [P.Int64(from), P.Int64(to), P.Int32(room), P.Int32(consumer), P.Int32(integration)], cancellationToken),
                last,
                limit,
                cancellationToken).ConfigureAwait(false));
        }

        if (filter.State is null or DeliveryState.Succeeded or DeliveryState.Skipped or DeliveryState.Discarded)
        {
            var outcome = filter.Outcome;
            Put(found, await Window.ScanAsync(
                (to, skip) => BoundaryAsync(OutcomeBoundary, [P.Int64(to), P.Int32(skip)], cancellationToken),
                (from, to, room) => ListDeliveriesAsync(
                    OutcomeWindow,
                    [P.Int64(from), P.Int64(to), P.Int32(room), P.Int32(outcome), P.Int32(consumer), P.Int32(integration)],
                    cancellationToken),
                last,
                limit,
                cancellationToken).ConfigureAwait(false));
        }

        return [.. found.Values.OrderByDescending(view => view.Id).Take(limit)];
    }

    public async ValueTask<DeliveryView?> FindDeliveryAsync(RecordId id, CancellationToken cancellationToken) =>
        state.Ids.Owns(id)
            && await ListDeliveriesAsync(EventDeliveries.ById, [P.Int64s([id.Key])], cancellationToken).ConfigureAwait(false) is [var view, ..] ? view : null;

    private async ValueTask<IReadOnlyList<DeliveryView>> ListOfEventAsync(
        RecordId eventId, DeliveryFilter filter, RecordId? before, int limit, CancellationToken cancellationToken)
    {
        if (!state.Ids.Owns(eventId))
        {
            return [];
        }

        var all = await reader.SnapshotAsync(
            query => EventDeliveries.ReadAsync(query, state, eventId, cancellationToken), cancellationToken).ConfigureAwait(false);
        return [.. all.Where(view => filter.Matches(view) && (before is not { } last || view.Id < last)).OrderByDescending(view => view.Id).Take(limit)];
    }

    private static void Put(Dictionary<RecordId, DeliveryView> found, List<DeliveryView> views)
    {
        foreach (var view in views)
        {
            found[view.Id] = view;
        }
    }
}
