using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Reading;

/// <summary>
/// The deliveries of one event, without an index by event: ids of the first deliveries lie between the event's own and the
/// next event's, and those of replays stand in <c>replayed_events</c>.
/// </summary>
internal static class EventDeliveries
{
    /// <summary>All of them, oldest first.</summary>
    public static List<DeliveryView> Read(Database database, StoreState state, RecordId id)
    {
        var next = database["SELECT min(id) FROM events WHERE id > ?1"].Bind(1, id.Key).Scalar() ?? long.MaxValue;
        var found = new Dictionary<RecordId, DeliveryView>();
        Add(found, DeliveryRows.ReadWork(
            database[$"{DeliveryRows.FromWork} WHERE work.consumer IN (SELECT number FROM consumers) AND work.id > ?1 AND work.id < ?2 AND work.event = ?1"]
                .Bind(1, id.Key).Bind(2, next),
            state));
        Add(found, DeliveryRows.ReadOutcomes(
            database[$"{DeliveryRows.FromOutcomes} WHERE outcomes.delivery > ?1 AND outcomes.delivery < ?2 AND outcomes.event = ?1"]
                .Bind(1, id.Key).Bind(2, next),
            state));
        Add(found, DeliveryRows.ReadDead(
            database[$"{DeliveryRows.FromDead} WHERE delivery > ?1 AND delivery < ?2 AND event = ?1"].Bind(1, id.Key).Bind(2, next), state));

        foreach (var replay in ReadReplays(database, id))
        {
            Add(found, FindOne(database, state, replay));
        }

        return [.. found.Values.OrderBy(view => view.Id)];
    }

    /// <summary>One delivery, wherever it is; none or one item.</summary>
    public static IReadOnlyList<DeliveryView> FindOne(Database database, StoreState state, long key)
    {
        var work = DeliveryRows.ReadWork(
            database[$"{DeliveryRows.FromWork} WHERE work.consumer IN (SELECT number FROM consumers) AND work.id = ?1"].Bind(1, key), state);
        if (work.Count > 0)
        {
            return work;
        }

        var outcome = DeliveryRows.ReadOutcomes(database[$"{DeliveryRows.FromOutcomes} WHERE outcomes.delivery = ?1"].Bind(1, key), state);
        return outcome.Count > 0 ? outcome : DeliveryRows.ReadDead(database[$"{DeliveryRows.FromDead} WHERE delivery = ?1"].Bind(1, key), state);
    }

    private static List<long> ReadReplays(Database database, RecordId id)
    {
        var keys = new List<long>();
        var row = database["SELECT delivery FROM replayed_events WHERE event = ?1 ORDER BY delivery LIMIT 1000"].Bind(1, id.Key);
        while (row.Step())
        {
            keys.Add(row.Int64(0));
        }

        return keys;
    }

    private static void Add(Dictionary<RecordId, DeliveryView> found, IReadOnlyList<DeliveryView> views)
    {
        foreach (var view in views)
        {
            found[view.Id] = view;
        }
    }
}
