using Carrick.Operations;
using Carrick.Storage;

namespace Carrick.Rest.Routes;

/// <summary>Lists deliveries by the state that people see: the store does not know which ones run.</summary>
internal static class LiveDeliveries
{
    // A request reads at most this many pages of the store; a page can come back short, with a cursor to go on.
    private const int MostReads = 20;

    /// <summary>A page, and where the next one begins unless this is the last.</summary>
    public static async ValueTask<(IReadOnlyList<DeliveryView> Items, RecordId? Last)> ListAsync(
        IStoreQueries queries, IOperations operations, DeliveryFilter filter, RecordId? before, int limit, CancellationToken cancellationToken)
    {
        var live = filter.State is DeliveryState.Running or DeliveryState.Pending or DeliveryState.Retrying;
        var items = new List<DeliveryView>();
        for (var reads = 0; reads < MostReads; reads++)
        {
            var read = await queries.ListDeliveriesAsync(filter, before, limit + 1, cancellationToken);
            foreach (var item in read)
            {
                if (items.Count == limit)
                {
                    return (items, before);
                }

                before = item.Id;
                if (!live || Shape.LiveState(item, operations) == filter.State)
                {
                    items.Add(item);
                }
            }

            if (read.Count <= limit)
            {
                return (items, null);
            }
        }

        return (items, before);
    }
}
