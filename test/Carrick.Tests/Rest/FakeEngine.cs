using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Storage;

namespace Carrick.Tests.Rest;

/// <summary>An engine that records what it is asked to do.</summary>
internal sealed class FakeEngine(FakeStore store) : ICarrickEngine, IOperations, IEventIngress
{
    private readonly RecordIdGenerator _ids = new(TimeProvider.System, 1UL << 63, 0);

    public Topology Topology { get; set; } = Topology.Empty;

    public EngineState State { get; set; } = EngineState.Running;

    public string? Problem { get; set; }

    public List<ConsumerStatus> Consumers { get; } = [];

    public HashSet<RecordId> Running { get; } = [];

    public List<IncomingEvent> Ingested { get; } = [];

    public List<string> Calls { get; } = [];

    public Exception? Failure { get; set; }

    public RecordId Next() => _ids.Next();

    public ValueTask ApplyAsync(IReadOnlyList<IntegrationDefinition> integrations, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<IngestResult>> IngestAsync(IReadOnlyList<IncomingEvent> events, CancellationToken cancellationToken)
    {
        ThrowIfTold();
        var known = Ingested.FindIndex(item => item.MessageId == events[0].MessageId);
        Ingested.AddRange(events);
        return ValueTask.FromResult<IReadOnlyList<IngestResult>>([new IngestResult(_ids.Next(), known >= 0, false)]);
    }

    public ValueTask<RecordId?> RetryAsync(RecordId delivery, Operator by, CancellationToken cancellationToken)
    {
        Record("retry", delivery, by);
        return ValueTask.FromResult<RecordId?>(
            store.Deliveries.Find(item => item.Id == delivery)?.State is DeliveryState.Retrying or DeliveryState.Dead ? delivery : null);
    }

    public ValueTask<bool> DiscardAsync(RecordId delivery, Operator by, CancellationToken cancellationToken)
    {
        Record("discard", delivery, by);
        var index = store.Deliveries.FindIndex(item => item.Id == delivery && item.State is DeliveryState.Retrying or DeliveryState.Dead);
        if (index >= 0)
        {
            store.Deliveries[index] = store.Deliveries[index] with { State = DeliveryState.Discarded };
        }

        return ValueTask.FromResult(index >= 0);
    }

    public ValueTask<IReadOnlyList<RecordId>?> ReplayEventAsync(
        RecordId eventId, string? consumer, bool force, Operator by, CancellationToken cancellationToken)
    {
        Record($"replay {consumer} {force}", eventId, by);
        return ValueTask.FromResult<IReadOnlyList<RecordId>?>(store.Events.Exists(item => item.Id == eventId) ? [_ids.Next()] : null);
    }

    public ValueTask<ReplayJob> StartReplayAsync(
        DeadLetterFilter filter, int? ratePerSecond, bool force, Operator by, CancellationToken cancellationToken)
    {
        ThrowIfTold();
        var job = new ReplayJob
        {
            Id = _ids.Next(),
            Filter = filter,
            RatePerSecond = ratePerSecond,
            Force = force,
            Actor = by.Actor,
            Reason = by.Reason,
            Total = 3,
        };
        store.Replays.Add(job);
        return ValueTask.FromResult(job);
    }

    public ValueTask<bool> CancelReplayAsync(RecordId job, Operator by, CancellationToken cancellationToken)
    {
        Record("cancel", job, by);
        var index = store.Replays.FindIndex(item => item.Id == job && item.State == ReplayState.Running);
        if (index >= 0)
        {
            store.Replays[index] = store.Replays[index] with { State = ReplayState.Cancelled };
        }

        return ValueTask.FromResult(index >= 0);
    }

    public ValueTask<bool> SetConsumerEnabledAsync(string consumer, bool enabled, Operator by, CancellationToken cancellationToken)
    {
        ThrowIfTold();
        Calls.Add($"{(enabled ? "enable" : "disable")} {consumer} by {by.Actor}: {by.Reason}");
        var index = Consumers.FindIndex(status => status.Definition.Name == consumer);
        if (index >= 0)
        {
            var state = Consumers[index].State with { DisabledAt = enabled ? null : DateTimeOffset.UnixEpoch, DisabledReason = enabled ? null : by.Reason };
            Consumers[index] = Consumers[index] with { State = state };
        }

        return ValueTask.FromResult(index >= 0);
    }

    public IReadOnlyList<ConsumerStatus> ListConsumers() => Consumers;

    public ValueTask<IReadOnlyList<NodeStatus>> ListNodesAsync(CancellationToken cancellationToken)
    {
        ThrowIfTold();
        return ValueTask.FromResult<IReadOnlyList<NodeStatus>>(
        [
            new NodeStatus(7, "a/1", true, NodeState.Alive, "0-31", 32, true, TimeSpan.FromSeconds(61.25), TimeSpan.FromSeconds(8)),
            new NodeStatus(8, "b/1", false, NodeState.Missing, "none", 0, false, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)),
        ]);
    }

    public bool IsRunning(RecordId delivery) => Running.Contains(delivery);

    public IReadOnlyList<RecordId> ListRunning(string? integration, string? consumer) =>
        [.. Running.Where(id => store.Deliveries.Exists(item => item.Id == id && (integration ?? item.Integration) == item.Integration && (consumer ?? item.Consumer) == item.Consumer))
            .OrderDescending()];

    private void Record(string what, RecordId id, Operator by)
    {
        ThrowIfTold();
        Calls.Add($"{what} {id} by {by.Actor}: {by.Reason}");
    }

    private void ThrowIfTold()
    {
        if (Failure is { } failure)
        {
            throw failure;
        }
    }
}
