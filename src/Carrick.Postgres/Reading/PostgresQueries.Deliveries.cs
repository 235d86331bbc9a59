using Carrick.Postgres.Raw;
using Carrick.Storage;
using Carrick.Storage.Search;

namespace Carrick.Postgres.Reading;

internal sealed partial class PostgresQueries
{
    public async ValueTask<ListPage<DeliveryView>> ListDeliveriesAsync(
        DeliveryFilter filter, RecordId? before, int limit, CancellationToken cancellationToken)
    {
        if (filter.EventId is { } eventId)
        {
            return await ListOfEventAsync(eventId, filter, before, limit, cancellationToken).ConfigureAwait(false);
        }

        var (consumer, integration) = (filter.Consumer is { } one ? state.Names.FindConsumer(one) : null, filter.Integration is { } other ? state.Names.FindIntegration(other) : null);
        if ((filter.Consumer is not null && consumer is null) || (filter.Integration is not null && integration is null))
        {
            return ListPage<DeliveryView>.Empty;
        }

        return await DeliverySearch.RunAsync(
            new DeliveryScans(searches, state, filter, consumer, integration), filter, consumer, integration, before?.Key ?? long.MaxValue, limit, state.Ids, time,
            cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<DeliveryView?> FindDeliveryAsync(RecordId id, CancellationToken cancellationToken) =>
        state.Ids.Owns(id)
            && await reader.ListByIndexAsync(
                EventDeliveries.ById, [P.Int64s([id.Key])], row => DeliveryRows.Read(row, state), cancellationToken).ConfigureAwait(false) is [var view, ..] ? view : null;

    private async ValueTask<ListPage<DeliveryView>> ListOfEventAsync(
        RecordId eventId, DeliveryFilter filter, RecordId? before, int limit, CancellationToken cancellationToken)
    {
        if (!state.Ids.Owns(eventId))
        {
            return ListPage<DeliveryView>.Empty;
        }

        var all = await searches.SnapshotAsync(
            query => EventDeliveries.ReadAsync(query, state, eventId, cancellationToken), cancellationToken).ConfigureAwait(false);
        return ListPage<DeliveryView>.Of(
            all.Where(view => filter.Matches(view) && (before is not { } last || view.Id < last)).OrderByDescending(view => view.Id), limit, view => view.Id);
    }
}
