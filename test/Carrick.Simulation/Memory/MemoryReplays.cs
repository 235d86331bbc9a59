using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Simulation.Memory;

/// <summary>Deliveries made again, and the jobs that do so in bulk.</summary>
internal sealed class MemoryReplays(MemoryTables tables)
{
    public bool Apply(ReplayCommand command)
    {
        command.Created = [];
        if (command.Job is { } job)
        {
            if (Running(job.Id) is not { } stored)
            {
                return false;
            }

            tables.Replays[job.Id.Key] = stored with { Cursor = job.Cursor, State = job.State, EndedAt = job.EndedAt };
        }

        WorkItem[] created = [.. command.Replays.Where(Insert).Select(replay => replay.ToWork())];
        if (command.Job is { } counted)
        {
            var stored = tables.Replays[counted.Id.Key];
            tables.Replays[counted.Id.Key] = stored with { Replayed = stored.Replayed + created.Length };
        }

        command.Created = created;
        return created.Length > 0;
    }

    public bool Create(CreateReplayJobCommand command)
    {
        tables.Replays.Add(command.Job.Id.Key, command.Job);
        tables.LastId = Math.Max(tables.LastId, command.Job.Id.Key);
        return true;
    }

    public bool End(EndReplayJobCommand command)
    {
        if (Running(command.Id) is not { } stored)
        {
            return false;
        }

        tables.Replays[command.Id.Key] = stored with { State = command.State, EndedAt = command.At };
        return true;
    }

    private ReplayJob? Running(RecordId id) =>
        tables.Ids.Owns(id) && tables.Replays.GetValueOrDefault(id.Key) is { State: ReplayState.Running } job ? job : null;

    private bool Insert(NewReplay replay)
    {
        if (!tables.Ids.Owns(replay.EventId) || !tables.Events.ContainsKey(replay.EventId.Key))
        {
            return false;
        }

        if (replay.DeadLetter is { } id)
        {
            if (!tables.Ids.Owns(id) || tables.DeadLetters.GetValueOrDefault(id.Key) is not { ReplayedBy: null } dead || dead.Work.Event != replay.EventId.Key)
            {
                return false;
            }

            tables.DeadLetters[id.Key] = dead with { ReplayedBy = replay.Id.Key };
        }

        tables.Work.Add(replay.Id.Key, new WorkRow(
            replay.Id.Key, replay.Consumer, replay.EventId.Key, replay.OrderingKey, replay.Force, replay.DeadLetter?.Key, IsReplay: true));
        tables.LastId = Math.Max(tables.LastId, replay.Id.Key);
        return true;
    }
}
