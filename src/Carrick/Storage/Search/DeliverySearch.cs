using Carrick.Storage.Rows;

namespace Carrick.Storage.Search;

/// <summary>The places where a delivery can be, as a store reads them. The filter's state, consumer and integration are applied by the store.</summary>
internal interface IDeliveryScans
{
    /// <summary>Consumers with outstanding work.</summary>
    ValueTask<IReadOnlyList<int>> ReadBusyAsync(CancellationToken cancellationToken);

    IScanSource<DeliveryView> Work(int consumer);

    IScanSource<DeliveryView> DeadLetters { get; }

    IScanSource<DeliveryView> Outcomes { get; }
}

/// <summary>Lists deliveries out of the three places where one can be, newest first.</summary>
internal static class DeliverySearch
{
    /// <param name="scans">The places.</param>
    /// <param name="filter">What is looked for.</param>
    /// <param name="consumer">The number of its consumer.</param>
    /// <param name="integration">The number of its integration.</param>
    /// <param name="before">Keys below this.</param>
    /// <param name="limit">The most items.</param>
    /// <param name="ids">The ids of the store.</param>
    /// <param name="time">The clock that ends the search.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    public static async ValueTask<ListPage<DeliveryView>> RunAsync(
        IDeliveryScans scans, DeliveryFilter filter, int? consumer, int? integration, long before, int limit, IdSpace ids, TimeProvider time, CancellationToken cancellationToken)
    {
        var scan = new ListScan(time);
        var query = BlockQuery.Deliveries(consumer, integration);
        var (found, position) = (new Dictionary<RecordId, DeliveryView>(), 0L);

        // Read in the order in which a delivery moves, so that one that moves meanwhile is seen twice rather than not at all.
        if (filter.State is null or DeliveryState.Pending or DeliveryState.Running or DeliveryState.Retrying)
        {
            foreach (var number in consumer is { } one ? [one] : await scans.ReadBusyAsync(cancellationToken).ConfigureAwait(false))
            {
                // Of one consumer, which blocks would not tell from what has ended.
                await AddAsync(scans.Work(number), BlockQuery.Deliveries(null, integration)).ConfigureAwait(false);
            }
        }

        if (filter.State is null or DeliveryState.Dead)
        {
            await AddAsync(scans.DeadLetters, query).ConfigureAwait(false);
        }

        if (filter.State is null || filter.Outcome is not null)
        {
            await AddAsync(scans.Outcomes, query).ConfigureAwait(false);
        }

        // Nothing is known of what lies below the place that one of them has come to.
        DeliveryView[] all = [.. found.Values.Where(view => view.Id.Key >= position).OrderByDescending(view => view.Id)];
        return all.Length > limit
            ? new ListPage<DeliveryView>(all[..limit], all[limit - 1].Id)
            : new ListPage<DeliveryView>(all, position > 0 ? ids.Make(position) : null);

        async ValueTask AddAsync(IScanSource<DeliveryView> source, BlockQuery blocks)
        {
            var scanned = await scan.RunAsync(source, blocks, before, limit + 1, cancellationToken).ConfigureAwait(false);
            foreach (var view in scanned.Items)
            {
                found[view.Id] = view;
            }

            position = Math.Max(position, scanned.Position);
        }
    }
}
