using Carrick.Hosting;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Dispatch;

/// <summary>
/// Hands what was just committed to the pumps, on the commit thread: no claim query on the normal path, and nothing that is committed
/// later can overtake what an operator or retention did. Whatever a command changes in memory beside its own delivery is done here, and not by whoever
/// waits for the command: those go on in any order, and not at all once they have given up waiting.
/// </summary>
internal sealed class HandOff(RunningTopology topology, BodyBudget bodies, ShardSet shards, IStore store)
{
    private readonly ISharedStore? _shared = store as ISharedStore;
    private readonly HashSet<ConsumerPump> _offered = [];

    /// <summary>Called with the kind of what another node has done to what all share.</summary>
    public Action<ChangeKind>? Shared { get; set; }

    /// <summary>Called with a replay job that was made here, on the node that works off replay jobs.</summary>
    public Action<ReplayJob>? ReplayMade { get; set; }

    public void Committed(IReadOnlyList<StoreCommand> commands)
    {
        var current = topology.Current;
        _offered.Clear();
        if (_shared?.TakeNews() is { } news)
        {
            Take(current, news);
        }

        foreach (var command in commands)
        {
            switch (command)
            {
                case IngestCommand ingest:
                    foreach (var item in ingest.Events)
                    {
                        Offer(current, item);
                    }

                    break;
                case ReplayCommand replay:
                    foreach (var item in replay.Created.Where(item => shards.Owns(item.Shard)))
                    {
                        var pump = current.FindPump(item.Consumer);
                        Offer(pump, item);
                        if (item.ReplayOf is not null)
                        {
                            pump?.Depth.LeftDead();
                        }
                    }

                    break;
                case RetryCommand { GateUntil: { } until } retry:
                    // Also when its delivery is gone: what the other side has asked for holds for all.
                    current.FindPump(retry.Item.Consumer)?.CloseGate(until);
                    break;
                case DeadLetterCommand { Applied: true, DisableReason: { } reason } dead:
                    current.FindPump(dead.Item.Consumer)?.Disable(dead.At, reason);
                    break;
                case SetConsumerStateCommand set:
                    current.FindPump(set.Consumer)?.SetDisabled(set.DisabledAt, set.DisabledReason);
                    break;
                case CreateReplayJobCommand create when shards.IsLeader:
                    ReplayMade?.Invoke(create.Job);
                    break;
                case RequeueCommand { Was: { } was } when shards.Owns(was.Shard):
                    current.FindPump(was.Consumer)?.Hurry(was);
                    break;
                case DiscardCommand { Was: { } was } when shards.Owns(was.Shard):
                    current.FindPump(was.Consumer)?.Forget(was);
                    break;
                case DiscardCommand { DeadOf: { } consumer, DeadShard: var shard } when shards.Owns(shard):
                    current.FindPump(consumer)?.Depth.LeftDead();
                    break;
                case RetentionCommand retention:
                    foreach (var (consumer, count) in retention.OpenDeadLettersDeleted)
                    {
                        current.FindPump(consumer)?.Depth.LeftDead(count);
                    }

                    break;
                case AcquireShardsCommand { Taken: not 0 } acquired:
                    Own(current, acquired);
                    break;
                case ReleaseShardsCommand released:
                    shards.Remove(released.Shards);
                    foreach (var (consumer, depth) in released.Depths)
                    {
                        current.FindPump(consumer)?.Depth.Add(depth, -1);
                    }

                    break;
                case CountDepthsCommand counted:
                    foreach (var consumer in counted.Consumers)
                    {
                        // New and not started: what it was offered since is in the count.
                        if (current.FindPump(consumer) is { } pump)
                        {
                            pump.Depth.Set(counted.Depths.GetValueOrDefault(consumer));
                            if (counted.States.FirstOrDefault(state => state.Number == consumer) is { } state)
                            {
                                pump.SetState(state);
                            }

                            pump.Serve(shards.Serving);
                        }
                    }

                    break;
            }
        }

        // Once per commit, not per delivery: a pump that is woken by the first would run ahead for one delivery at a time.
        foreach (var pump in _offered)
        {
            pump.Wake();
        }
    }

    private void Take(RunningTopology.Snapshot current, News news)
    {
        foreach (var item in news.Handed)
        {
            Offer(current.FindPump(item.Consumer), item);
        }

        foreach (var change in news.Changes)
        {
            var pump = current.FindPump(change.Consumer);
            switch (change.Kind)
            {
                case ChangeKind.Requeued:
                    pump?.Hurry(change.Was!);
                    break;
                case ChangeKind.Discarded:
                    pump?.Forget(change.Was!);
                    break;
                case ChangeKind.DeadLeft:
                    pump?.Depth.LeftDead(change.Count);
                    break;
                case ChangeKind.Consumer:
                    pump?.SetState(change.State!);
                    break;
                default:
                    Shared?.Invoke(change.Kind);
                    break;
            }
        }
    }

    private void Own(RunningTopology.Snapshot current, AcquireShardsCommand acquired)
    {
        shards.Add(acquired.Taken);
        foreach (var state in acquired.States)
        {
            current.FindPump(state.Number)?.SetState(state);
        }

        foreach (var pump in current.Pumps)
        {
            pump.Depth.Add(acquired.Depths.GetValueOrDefault(pump.State.Number), 1);
            pump.Own(acquired.Taken);
        }
    }

    private void Offer(RunningTopology.Snapshot current, NewEvent stored)
    {
        if (stored.Result.Duplicate || stored.Work.Count == 0)
        {
            return;
        }

        EventRecord? record = null;
        foreach (var work in stored.Work)
        {
            var shard = work.Shard ?? 0;
            if (!shards.Owns(shard) || current.FindPump(work.Consumer) is not { } pump)
            {
                continue;
            }

            var item = new WorkItem { Id = work.Id, Consumer = work.Consumer, EventId = stored.Id, OrderingKey = work.OrderingKey, Shard = shard };
            bodies.Attach(item, record ??= ToRecord(stored));
            Offer(pump, item);
        }
    }

    private void Offer(ConsumerPump? pump, WorkItem item)
    {
        if (pump is not null)
        {
            pump.Offer(item);
            _offered.Add(pump);
        }
    }

    private static EventRecord ToRecord(NewEvent stored) => new()
    {
        Id = stored.Id,
        Integration = stored.Content.Integration,
        Type = stored.Content.Type,
        MessageId = stored.Content.MessageId,
        DeduplicationKey = stored.Content.StoredKey,
        Subject = stored.Content.Subject,
        ContentType = stored.Content.ContentType,
        Headers = stored.Content.Headers,
        Body = stored.Content.Body,
        TraceParent = stored.Content.TraceParent,
        Version = stored.Content.Version,
        Verdict = stored.Content.Verdict,
        ReceivedAt = stored.ReceivedAt,
    };
}
