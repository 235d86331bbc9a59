using Carrick.Hosting;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Dispatch;

/// <summary>
/// Hands what was just committed to the pumps, on the commit thread: no claim query on the normal path, and nothing that is committed
/// later can overtake what an operator or retention did.
/// </summary>
internal sealed class HandOff(RunningTopology topology, BodyBudget bodies)
{
    private readonly HashSet<ConsumerPump> _offered = [];

    public void Committed(IReadOnlyList<StoreCommand> commands)
    {
        var current = topology.Current;
        _offered.Clear();
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
                    foreach (var item in replay.Created)
                    {
                        Offer(current.FindPump(item.Consumer), item);
                    }

                    break;
                case RequeueCommand { Was: { } was }:
                    current.FindPump(was.Consumer)?.Hurry(was);
                    break;
                case DiscardCommand { Was: { } was }:
                    current.FindPump(was.Consumer)?.Forget(was);
                    break;
                case DiscardCommand { DeadOf: { } consumer }:
                    current.FindPump(consumer)?.Depth.LeftDead();
                    break;
                case RetentionCommand retention:
                    foreach (var (consumer, count) in retention.OpenDeadLettersDeleted)
                    {
                        current.FindPump(consumer)?.Depth.LeftDead(count);
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

    private void Offer(RunningTopology.Snapshot current, NewEvent stored)
    {
        if (stored.Result.Duplicate || stored.Work.Count == 0)
        {
            return;
        }

        EventRecord? record = null;
        foreach (var work in stored.Work)
        {
            if (current.FindPump(work.Consumer) is not { } pump)
            {
                continue;
            }

            var item = new WorkItem { Id = work.Id, Consumer = work.Consumer, EventId = stored.Id, OrderingKey = work.OrderingKey };
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
