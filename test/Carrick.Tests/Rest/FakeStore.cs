using Carrick.Commit;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Tests.Rest;

/// <summary>A store in memory: answers what a test puts into it, and fails when told to.</summary>
internal sealed class FakeStore : IStore, IStoreQueries, ICommitQueue
{
    public List<EventRecord> Events { get; } = [];

    public Dictionary<RecordId, RecordId> PossibleReplays { get; } = [];

    public List<DeliveryView> Deliveries { get; } = [];

    public List<AttemptRecord> Attempts { get; } = [];

    public List<ReplayJob> Replays { get; } = [];

    public List<ApiKeyRecord> Keys { get; } = [];

    public List<AuditLine> Audit { get; } = [];

    public List<StoreCommand> Commands { get; } = [];

    public Exception? ReadFailure { get; set; }

    public Exception? WriteFailure { get; set; }

    /// <summary>Lists have looked down to here only, and found nothing so far.</summary>
    public RecordId? SearchedTo { get; set; }

    public int KeyReads { get; private set; }

    public DeadLetterFilter? LastFilter { get; private set; }

    public EventFilter? LastEventFilter { get; private set; }

    public string Name => "fake";

    public IWorkReader Work => throw new NotSupportedException();

    public IStoreQueries Queries => this;

    public StoreStatistics Statistics => default;

    public ValueTask SubmitAsync(StoreCommand command, CancellationToken cancellationToken)
    {
        if (WriteFailure is { } failure)
        {
            return ValueTask.FromException(failure);
        }

        Commands.Add(command);
        switch (command)
        {
            case PutApiKeyCommand put:
                Keys.Add(put.Key);
                break;
            case RevokeApiKeyCommand revoke:
                var index = Keys.FindIndex(key => key.Id == revoke.Id && key.RevokedAt is null);
                revoke.Applied = index >= 0;
                if (index >= 0)
                {
                    Keys[index] = Keys[index] with { RevokedAt = revoke.At };
                }

                break;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<ListPage<EventSummary>> ListEventsAsync(EventFilter filter, RecordId? before, int limit, CancellationToken cancellationToken)
    {
        LastEventFilter = filter;
        return SearchedTo is { } position && (before is null || before > position) ? Read1(new ListPage<EventSummary>([], position)) : Read1(ListPage<EventSummary>.Of(
            Page(Events, item => item.Id, before, limit + 1).Select(item => new EventSummary(
                item.Id, item.Integration, item.Type, item.MessageId, item.Subject, item.ContentType, item.Body.Length, item.ReceivedAt)),
            limit,
            item => item.Id));
    }

    public ValueTask<EventDetail?> FindEventAsync(RecordId id, CancellationToken cancellationToken) => Read1(
        Events.Find(item => item.Id == id) is { } found
            ? new EventDetail(found, 0, [.. Deliveries.Where(delivery => delivery.EventId == id)]) { PossibleReplayOf = PossibleReplays.TryGetValue(id, out var first) ? first : null }
            : null);

    public ValueTask<ListPage<DeliveryView>> ListDeliveriesAsync(
        DeliveryFilter filter, RecordId? before, int limit, CancellationToken cancellationToken) => SearchedTo is { } position && (before is null || before > position)
            ? Read1(new ListPage<DeliveryView>([], position))
            : Read1(ListPage<DeliveryView>.Of(
            Page(
                Deliveries.Where(item => filter.State is null || item.State == filter.State
                    || (filter.State == DeliveryState.Running && item.State is DeliveryState.Pending or DeliveryState.Retrying)),
                item => item.Id, before, limit + 1),
            limit,
            item => item.Id));

    public ValueTask<DeliveryView?> FindDeliveryAsync(RecordId id, CancellationToken cancellationToken) => Read1(Deliveries.Find(item => item.Id == id));

    public ValueTask<IReadOnlyList<AttemptRecord>> ListAttemptsAsync(RecordId delivery, CancellationToken cancellationToken) => Read<AttemptRecord>(Attempts);

    public ValueTask<IReadOnlyList<DeliveryView>> ReadDeadLettersAsync(
        DeadLetterFilter filter, RecordId? after, RecordId? upTo, int limit, CancellationToken cancellationToken) => Dead(filter, null, limit);

    public async ValueTask<ListPage<DeliveryView>> ListDeadLettersAsync(
        DeadLetterFilter filter, RecordId? before, int limit, CancellationToken cancellationToken) =>
        SearchedTo is { } position && (before is null || before > position)
            ? new ListPage<DeliveryView>([], position)
            : ListPage<DeliveryView>.Of(await Dead(filter, before, limit + 1), limit, item => item.Id);

    public ValueTask<long> CountDeadLettersAsync(DeadLetterFilter filter, CancellationToken cancellationToken)
    {
        LastFilter = filter;
        return Read1<long>(Deliveries.Count(item => item.State == DeliveryState.Dead));
    }

    public ValueTask<ReplayJob?> FindReplayAsync(RecordId id, CancellationToken cancellationToken) => Read1(Replays.Find(item => item.Id == id));

    public ValueTask<IReadOnlyList<ReplayJob>> ListReplaysAsync(RecordId? before, int limit, CancellationToken cancellationToken) =>
        Read<ReplayJob>([.. Page(Replays, item => item.Id, before, limit)]);

    public ValueTask<IReadOnlyList<ApiKeyRecord>> ListApiKeysAsync(CancellationToken cancellationToken)
    {
        KeyReads++;
        return Read<ApiKeyRecord>([.. Keys]);
    }

    public ValueTask<IReadOnlyList<AuditLine>> ListAuditAsync(long? before, int limit, CancellationToken cancellationToken) =>
        Read<AuditLine>([.. Audit.Where(line => before is null || line.Number < before).OrderByDescending(line => line.Number).Take(limit)]);

    public ValueTask<string?> ReadConfigurationAsync(CancellationToken cancellationToken) => Read1<string?>(null);

    public ValueTask<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<StoreOwnership> OpenAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<StoreCatalog> RegisterAsync(
        IReadOnlyCollection<string> integrations, IReadOnlyCollection<string> consumers, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask CommitAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask MaintainAsync(bool idle, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask CloseAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static IEnumerable<T> Page<T>(IEnumerable<T> items, Func<T, RecordId> id, RecordId? before, int limit) =>
        items.Where(item => before is null || id(item) < before.Value).OrderByDescending(id).Take(limit);

    private ValueTask<IReadOnlyList<DeliveryView>> Dead(DeadLetterFilter filter, RecordId? before, int limit)
    {
        LastFilter = filter;
        return Read<DeliveryView>([.. Page(Deliveries.Where(item => item.State == DeliveryState.Dead), item => item.Id, before, limit)]);
    }

    private ValueTask<IReadOnlyList<T>> Read<T>(IReadOnlyList<T> items) => Read1(items);

    private ValueTask<T> Read1<T>(T item) => ReadFailure is { } failure ? ValueTask.FromException<T>(failure) : ValueTask.FromResult(item);
}
