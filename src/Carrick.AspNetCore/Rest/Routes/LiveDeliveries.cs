using Carrick.Operations;
using Carrick.Storage;

namespace Carrick.Rest.Routes;

/// <summary>Lists deliveries by the state that people see: only the engine knows which ones run.</summary>
internal static class LiveDeliveries
{
    // A request reads at most this many pages of the store; a page can come back short, with a cursor to go on.
    private const int MostReads = 20;

    /// <summary>A page, and where the next one begins unless this is the last.</summary>
    public static ValueTask<(IReadOnlyList<DeliveryView> Items, RecordId? Last)> ListAsync(
        IStoreQueries queries, IOperations operations, DeliveryFilter filter, RecordId? before, int limit, CancellationToken cancellationToken) =>
        filter.State == DeliveryState.Running
            ? RunningAsync(queries, operations, filter, before, limit, cancellationToken)
            : StoredAsync(queries, operations, filter, before, limit, cancellationToken);

    /// <summary>From the engine to the store: those that run are few, and may stand behind any number that wait.</summary>
    private static async ValueTask<(IReadOnlyList<DeliveryView> Items, RecordId? Last)> RunningAsync(
        IStoreQueries queries, IOperations operations, DeliveryFilter filter, RecordId? before, int limit, CancellationToken cancellationToken)
    {
        var items = new List<DeliveryView>();
        foreach (var id in operations.ListRunning(filter.Integration, filter.Consumer).Where(id => before is null || id < before))
        {
            if (await queries.FindDeliveryAsync(id, cancellationToken) is not { State: DeliveryState.Pending or DeliveryState.Retrying } item
                || (filter.EventId is { } wanted && item.EventId != wanted) || !operations.IsRunning(id))
            {
                continue;
            }

            if (items.Count == limit)
            {
                return (items, items[^1].Id);
            }

            items.Add(item);
        }

        return (items, null);
    }

    private static async ValueTask<(IReadOnlyList<DeliveryView> Items, RecordId? Last)> StoredAsync(
        IStoreQueries queries, IOperations operations, DeliveryFilter filter, RecordId? before, int limit, CancellationToken cancellationToken)
    {
        var outstanding = filter.State is DeliveryState.Pending or DeliveryState.Retrying;
        var items = new List<DeliveryView>();
        for (var reads = 0; reads < MostReads; reads++)
        {
            var page = await queries.ListDeliveriesAsync(filter, before, limit, cancellationToken);
            foreach (var item in page)
            {
                if (items.Count == limit)
                {
                    return (items, before);
                }

                before = item.Id;
                if (!outstanding || Shape.LiveState(item, operations) == filter.State)
                {
                    items.Add(item);
                }
            }

            before = page.Next;
            if (before is null || items.Count == limit || page.Count < limit)
            {
                // At the end, full, or a search that has looked for as long as a request may.
                return (items, before);
            }
        }

        return (items, before);
    }
}
