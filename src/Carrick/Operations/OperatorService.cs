using System.Diagnostics;
using System.Globalization;
using Carrick.Commit;
using Carrick.Hosting;
using Carrick.Replay;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Operations;

/// <inheritdoc cref="IOperations"/>
/// <remarks>What a command changes in memory happens as it is committed, in the hand-off: a caller who waits no longer has changed the store all the same.</remarks>
internal sealed class OperatorService(
    RunningTopology topology, ICommitQueue commits, IStore store, TimeProvider time) : IOperations
{
    public async ValueTask<RecordId?> RetryAsync(RecordId delivery, Operator by, CancellationToken cancellationToken)
    {
        var audit = Audit(by, "delivery.retry", delivery.ToString(IdPrefix.Delivery));
        if (await store.Work.FindAsync(delivery, cancellationToken).ConfigureAwait(false) is not null)
        {
            var requeue = new RequeueCommand { Delivery = delivery, Audit = audit };
            await commits.SubmitAsync(requeue, cancellationToken).ConfigureAwait(false);
            if (requeue.Applied)
            {
                return delivery;
            }
        }

        var view = await store.Queries.FindDeliveryAsync(delivery, cancellationToken).ConfigureAwait(false);
        if (view is not { State: DeliveryState.Dead, ReplayedBy: null })
        {
            return null;
        }

        var replay = new ReplayCommand { Replays = [ReplayRunner.Of(view, force: false)], Audit = audit };
        await commits.SubmitAsync(replay, cancellationToken).ConfigureAwait(false);
        return replay.Created.Count > 0 ? replay.Created[0].Id : null;
    }

    public async ValueTask<bool> DiscardAsync(RecordId delivery, Operator by, CancellationToken cancellationToken)
    {
        var discard = new DiscardCommand { Delivery = delivery, At = time.GetUtcNow(), Audit = Audit(by, "delivery.discard", delivery.ToString(IdPrefix.Delivery)) };
        await commits.SubmitAsync(discard, cancellationToken).ConfigureAwait(false);
        return discard.Applied;
    }

    public async ValueTask<IReadOnlyList<RecordId>?> ReplayEventAsync(
        RecordId eventId, string? consumer, bool force, Operator by, CancellationToken cancellationToken)
    {
        var found = await store.Work.ReadEventsAsync([eventId], cancellationToken).ConfigureAwait(false);
        if (found.Count == 0)
        {
            return null;
        }

        var record = found[0];
        var replays = (topology.Current.Find(record.Integration)?.Consumers ?? [])
            .Where(pump => consumer is null ? pump.Definition.Types.Matches(record.Type) : pump.Definition.Name == consumer)
            .Select(pump =>
            {
                var key = Placement.KeyOf(pump.Definition, record.Subject);
                return new NewReplay
                {
                    EventId = eventId,
                    Consumer = pump.State.Number,
                    OrderingKey = key,
                    Shard = Placement.Of(pump.Definition, pump.State.Number, key),
                    Force = force,
                };
            })
            .ToList();
        var command = new ReplayCommand { Replays = replays, Audit = Audit(by, "event.replay", eventId.ToString(IdPrefix.Event)) };
        await commits.SubmitAsync(command, cancellationToken).ConfigureAwait(false);
        return [.. command.Created.Select(item => item.Id)];
    }

    public async ValueTask<ReplayJob> StartReplayAsync(
        DeadLetterFilter filter, int? ratePerSecond, bool force, Operator by, CancellationToken cancellationToken)
    {
        // Not in the commit that creates the job, which others wait for: to count a million takes a second. A caller who waits no longer has asked for the job all the same.
        var total = await store.Queries.CountDeadLettersAsync(filter, CancellationToken.None).ConfigureAwait(false);
        var command = new CreateReplayJobCommand
        {
            Job = new ReplayJob
            {
                Id = RecordId.None,
                Filter = filter,
                RatePerSecond = ratePerSecond,
                Total = total,
                Force = force,
                Actor = by.Actor,
                Reason = by.Reason,
                CreatedAt = time.GetUtcNow(),
            },
            Audit = Audit(by, "dead-letters.replay", "dead-letters"),
        };
        await commits.SubmitAsync(command, cancellationToken).ConfigureAwait(false);
        return command.Job;
    }

    public async ValueTask<bool> CancelReplayAsync(RecordId job, Operator by, CancellationToken cancellationToken)
    {
        var command = new EndReplayJobCommand
        {
            Id = job,
            State = ReplayState.Cancelled,
            At = time.GetUtcNow(),
            Audit = Audit(by, "replay.cancel", job.ToString(IdPrefix.Replay)),
        };
        await commits.SubmitAsync(command, cancellationToken).ConfigureAwait(false);
        return command.Applied;
    }

    public async ValueTask<bool> SetConsumerEnabledAsync(string consumer, bool enabled, Operator by, CancellationToken cancellationToken)
    {
        if (topology.Current.FindPump(consumer) is not { } pump)
        {
            return false;
        }

        var command = new SetConsumerStateCommand
        {
            Consumer = pump.State.Number,
            DisabledAt = enabled ? null : time.GetUtcNow(),
            DisabledReason = enabled ? null : by.Reason ?? "Disabled by an operator.",
            Audit = Audit(by, enabled ? "consumer.enable" : "consumer.disable", consumer),
        };
        await commits.SubmitAsync(command, cancellationToken).ConfigureAwait(false);
        return true;
    }

    public IReadOnlyList<ConsumerStatus> ListConsumers() =>
        [.. topology.Current.Pumps.Select(pump => new ConsumerStatus(pump.Definition, pump.State, pump.Depth.Value, pump.RunningCount))];

    public async ValueTask<IReadOnlyList<NodeStatus>> ListNodesAsync(CancellationToken cancellationToken)
    {
        if (store is not ISharedStore shared)
        {
            using var self = Process.GetCurrentProcess();
            return
            [
                new NodeStatus(
                    1, string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}/{Environment.ProcessId}"), IsSelf: true, NodeState.Alive,
                    ShardText.Of(ShardSet.All), ShardSet.Count, IsLeader: true, time.GetUtcNow() - self.StartTime.ToUniversalTime(), null),
            ];
        }

        var view = await shared.ReadNodesAsync(cancellationToken).ConfigureAwait(false);
        return [.. view.Nodes.Select(node => new NodeStatus(
            node.Id, node.Name, node.Id == view.Self, node.Remaining <= TimeSpan.Zero ? NodeState.Dead : node.HasSession ? NodeState.Alive : NodeState.Missing,
            ShardText.Of(node.Shards), node.ShardCount, ShardSet.Contains(node.Shards, ShardSet.Leading), node.Age, node.Remaining))];
    }

    public bool IsRunning(RecordId delivery) => topology.Current.Pumps.Any(pump => pump.IsRunning(delivery));

    public IReadOnlyList<RecordId> ListRunning(string? integration, string? consumer) =>
    [
        .. topology.Current.Pumps
            .Where(pump => (integration is null || pump.Definition.Integration == integration) && (consumer is null || pump.Definition.Name == consumer))
            .SelectMany(pump => pump.ListRunning()).OrderDescending(),
    ];

    private AuditEntry Audit(Operator by, string action, string target) => new(time.GetUtcNow(), by.Actor, action, target, by.Reason);
}
