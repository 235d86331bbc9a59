using Carrick.Postgres.Raw;
using Carrick.Storage;
using Carrick.Storage.Rows;

namespace Carrick.Postgres.Reading;

/// <summary>
/// The deliveries of one event, without an index by event: ids of the first deliveries lie between the event's own and the
/// next event's, and those of replays stand in <c>replayed_events</c>.
/// </summary>
internal static class EventDeliveries
{
    /// <summary>Deliveries with the ids <c>$1</c>, wherever they are. Primary keys.</summary>
    public const string ById =
        $"""
        {DeliveryRows.FromWorkById}
        UNION ALL
        {DeliveryRows.FromOutcomes} WHERE outcomes.delivery = ANY($1)
        UNION ALL
        {DeliveryRows.FromDead} WHERE delivery = ANY($1)
        """;

    // Primary keys.
    private const string First =
        $"""
        {DeliveryRows.FromWork} WHERE work.{WorkRows.OfAnyConsumer} AND work.id > $1 AND work.id < $2 AND work.event = $1
        UNION ALL
        {DeliveryRows.FromOutcomes} WHERE outcomes.delivery > $1 AND outcomes.delivery < $2 AND outcomes.event = $1
        UNION ALL
        {DeliveryRows.FromDead} WHERE delivery > $1 AND delivery < $2 AND event = $1
        """;

    private const string Next = "SELECT id FROM ~events WHERE id > $1 ORDER BY id LIMIT 1";

    private const string Replays = "SELECT delivery FROM ~replayed_events WHERE event = $1 ORDER BY delivery LIMIT 1000";

    /// <summary>All of them, oldest first. The statements must see one snapshot.</summary>
    public static async Task<List<DeliveryView>> ReadAsync(Query query, StoreState state, RecordId id, CancellationToken cancellationToken)
    {
        var next = await query.ListAsync(Next, [P.Int64(id.Key)], static row => row.GetInt64(0), cancellationToken).ConfigureAwait(false);
        var found = await query.ListByIndexAsync(
            First,
            [P.Int64(id.Key), P.Int64(next is [var key] ? key : long.MaxValue)],
            row => DeliveryRows.Read(row, state),
            cancellationToken).ConfigureAwait(false);
        var replays = await query.ListAsync(Replays, [P.Int64(id.Key)], static row => row.GetInt64(0), cancellationToken).ConfigureAwait(false);
        if (replays.Count > 0)
        {
            found.AddRange(await query.ListByIndexAsync(
                ById, [P.Int64s([.. replays])], row => DeliveryRows.Read(row, state), cancellationToken).ConfigureAwait(false));
        }

        // Replays of the newest event lie behind its own id too.
        return [.. found.DistinctBy(view => view.Id).OrderBy(view => view.Id)];
    }
}
