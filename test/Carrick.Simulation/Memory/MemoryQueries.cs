using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Simulation.Memory;

/// <summary>The reads of people.</summary>
internal sealed class MemoryQueries(MemoryStore store) : IStoreQueries
{
    private const int MostOfEvent = 1_000;

    public ValueTask<ListPage<EventSummary>> ListEventsAsync(EventFilter filter, RecordId? before, int limit, CancellationToken cancellationToken) => store.ReadAsync(
        tables => ListPage<EventSummary>.Of(
            tables.Events.Values.Reverse().Select(row => row.Record).Where(record => (before is null || record.Id < before) && Matches(record, filter))
                .Select(record => new EventSummary(
                    record.Id, record.Integration, record.Type, record.MessageId, record.Subject, record.ContentType, record.Body.Length, record.ReceivedAt)),
            limit,
            item => item.Id),
        cancellationToken);

    public ValueTask<EventDetail?> FindEventAsync(RecordId id, CancellationToken cancellationToken) => store.ReadAsync(
        tables => tables.Ids.Owns(id) && tables.Events.GetValueOrDefault(id.Key) is { } row
            ? new EventDetail(
                row.Record,
                tables.Keys.GetValueOrDefault(id.Key)?.Conflicts ?? 0,
                [.. Deliveries(tables).Where(view => view.EventId == id).OrderBy(view => view.Id).Take(MostOfEvent)])
            {
                PossibleReplayOf = tables.Keys.GetValueOrDefault(id.Key) is { } key ? tables.Ids.Make(tables.FirstWithBody(key)) : null,
            }
            : null,
        cancellationToken);

    public ValueTask<ListPage<DeliveryView>> ListDeliveriesAsync(DeliveryFilter filter, RecordId? before, int limit, CancellationToken cancellationToken) => store.ReadAsync(
        tables => ListPage<DeliveryView>.Of(
            Deliveries(tables).Where(view => (before is null || view.Id < before) && Matches(view, filter)).OrderByDescending(view => view.Id), limit, view => view.Id),
        cancellationToken);

    public ValueTask<DeliveryView?> FindDeliveryAsync(RecordId id, CancellationToken cancellationToken) => store.ReadAsync(
        tables => !tables.Ids.Owns(id) ? null
            : tables.Work.TryGetValue(id.Key, out var work) ? ViewOf(tables, work)
            : tables.Outcomes.TryGetValue(id.Key, out var outcome) ? ViewOf(tables, outcome)
            : tables.DeadLetters.TryGetValue(id.Key, out var dead) ? ViewOf(tables, dead)
            : null,
        cancellationToken);

    public ValueTask<IReadOnlyList<AttemptRecord>> ListAttemptsAsync(RecordId delivery, CancellationToken cancellationToken) => store.ReadAsync(
        tables => (IReadOnlyList<AttemptRecord>)(tables.Ids.Owns(delivery) && tables.Attempts.TryGetValue(delivery.Key, out var list)
            ? [.. list.OrderBy(attempt => attempt.Number).Take(MostOfEvent)]
            : []),
        cancellationToken);

    public ValueTask<IReadOnlyList<DeliveryView>> ReadDeadLettersAsync(
        DeadLetterFilter filter, RecordId? after, RecordId? upTo, int limit, CancellationToken cancellationToken) => store.ReadAsync(
        tables => (IReadOnlyList<DeliveryView>)
        [
            .. tables.DeadLetters.Values
                .Where(row => Matches(tables, row, filter) && row.Work.Id > (after?.Key ?? 0) && row.Work.Id <= (upTo?.Key ?? long.MaxValue))
                .Take(limit).Select(row => ViewOf(tables, row)),
        ],
        cancellationToken);

    public ValueTask<ListPage<DeliveryView>> ListDeadLettersAsync(DeadLetterFilter filter, RecordId? before, int limit, CancellationToken cancellationToken) => store.ReadAsync(
        tables => ListPage<DeliveryView>.Of(
            tables.DeadLetters.Values.Reverse().Where(row => Matches(tables, row, filter) && row.Work.Id < (before?.Key ?? long.MaxValue)).Select(row => ViewOf(tables, row)),
            limit,
            view => view.Id),
        cancellationToken);

    public ValueTask<long> CountDeadLettersAsync(DeadLetterFilter filter, CancellationToken cancellationToken) => store.ReadAsync(
        tables => tables.DeadLetters.Values.LongCount(row => Matches(tables, row, filter)), cancellationToken);

    public ValueTask<ReplayJob?> FindReplayAsync(RecordId id, CancellationToken cancellationToken) => store.ReadAsync(
        tables => tables.Ids.Owns(id) ? tables.Replays.GetValueOrDefault(id.Key) : null, cancellationToken);

    public ValueTask<IReadOnlyList<ReplayJob>> ListReplaysAsync(RecordId? before, int limit, CancellationToken cancellationToken) => store.ReadAsync(
        tables => (IReadOnlyList<ReplayJob>)[.. tables.Replays.Values.Reverse().Where(job => before is null || job.Id < before).Take(limit)], cancellationToken);

    public ValueTask<IReadOnlyList<ApiKeyRecord>> ListApiKeysAsync(CancellationToken cancellationToken) => store.ReadAsync(
        tables => (IReadOnlyList<ApiKeyRecord>)[.. tables.ApiKeys.Values], cancellationToken);

    public ValueTask<IReadOnlyList<AuditLine>> ListAuditAsync(long? before, int limit, CancellationToken cancellationToken) => store.ReadAsync(
        tables => (IReadOnlyList<AuditLine>)[.. tables.Audit.Where(line => before is null || line.Number < before).OrderByDescending(line => line.Number).Take(limit)],
        cancellationToken);

    public ValueTask<string?> ReadConfigurationAsync(CancellationToken cancellationToken) => store.ReadAsync(tables => tables.Configuration, cancellationToken);

    public static bool Matches(MemoryTables tables, DeadRow row, DeadLetterFilter filter) => row.ReplayedBy is null
        && (filter.Integration is null || tables.IntegrationName(row.Integration) == filter.Integration)
        && (filter.Consumer is null || tables.Consumer(row.Work.Consumer).Name == filter.Consumer)
        && (filter.Type is null || row.Type == filter.Type)
        && (filter.Category is null || row.Category == filter.Category)
        && (filter.From is not { } from || row.At >= UnixTime.Due(from))
        && (filter.To is not { } to || row.At < UnixTime.Due(to))
        && (filter.Deliveries is null || filter.Deliveries.Contains(tables.Ids.Make(row.Work.Id)));

    private static bool Matches(EventRecord record, EventFilter filter) =>
        (filter.Integration is null || record.Integration == filter.Integration)
        && (filter.Type is null || record.Type == filter.Type)
        && (filter.MessageId is null || record.MessageId == filter.MessageId)
        && (filter.Subject is null || record.Subject == filter.Subject)
        && (filter.From is not { } from || record.ReceivedAt >= from)
        && (filter.To is not { } to || record.ReceivedAt < to);

    private static bool Matches(DeliveryView view, DeliveryFilter filter) =>
        (filter.State is null || filter.State == view.State
            || (filter.State == DeliveryState.Running && view.State is DeliveryState.Pending or DeliveryState.Retrying))
        && (filter.Consumer is null || filter.Consumer == view.Consumer)
        && (filter.Integration is null || filter.Integration == view.Integration)
        && (filter.EventId is null || filter.EventId == view.EventId);

    private static IEnumerable<DeliveryView> Deliveries(MemoryTables tables) =>
        tables.Work.Values.Select(row => ViewOf(tables, row))
            .Concat(tables.Outcomes.Values.Select(row => ViewOf(tables, row)))
            .Concat(tables.DeadLetters.Values.Select(row => ViewOf(tables, row)));

    private static DeliveryView ViewOf(MemoryTables tables, WorkRow row) =>
        Common(tables, row, row.Attempts == 0 ? DeliveryState.Pending : DeliveryState.Retrying) with
        {
            OrderingKey = row.OrderingKey,
            Attempts = row.Attempts,
            DueAt = row.Due == 0 ? null : UnixTime.From(row.Due),
        };

    private static DeliveryView ViewOf(MemoryTables tables, OutcomeRow row) => Common(tables, row.Work, row.Outcome switch
    {
        DeliveryOutcome.Skipped => DeliveryState.Skipped,
        DeliveryOutcome.Discarded => DeliveryState.Discarded,
        _ => DeliveryState.Succeeded,
    }) with
    { Attempts = row.Attempts, EndedAt = UnixTime.From(row.At) };

    private static DeliveryView ViewOf(MemoryTables tables, DeadRow row) => Common(tables, row.Work, DeliveryState.Dead) with
    {
        Integration = tables.IntegrationName(row.Integration),
        Type = row.Type,
        OrderingKey = row.Work.OrderingKey,
        Attempts = row.Attempts,
        Category = row.Category,
        Reason = row.Reason,
        EndedAt = UnixTime.From(row.At),
        ReplayedBy = tables.Ids.Make(row.ReplayedBy),
    };

    private static DeliveryView Common(MemoryTables tables, WorkRow row, DeliveryState state) => new()
    {
        Id = tables.Ids.Make(row.Id),
        EventId = tables.Ids.Make(row.Event),
        Consumer = tables.Consumer(row.Consumer).Name,
        ConsumerNumber = row.Consumer,
        Integration = tables.Events.GetValueOrDefault(row.Event)?.Record.Integration ?? "",
        Type = tables.Events.GetValueOrDefault(row.Event)?.Record.Type ?? "",
        State = state,
        ReplayOf = tables.Ids.Make(row.ReplayOf),
    };
}
