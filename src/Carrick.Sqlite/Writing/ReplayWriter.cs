using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Writing;

/// <summary>Makes deliveries again, and keeps the jobs that do so in bulk.</summary>
internal sealed class ReplayWriter(Database database, IdSpace ids)
{
    private const int Forced = 1;

    private readonly Statement _take = database[
        """
        UPDATE dead_letters SET replayed_by = ?2
        WHERE delivery = ?1 AND event = ?3 AND replayed_by IS NULL AND EXISTS (SELECT 1 FROM events WHERE id = ?3)
        """];

    private readonly Statement _insertWork = database[
        """
        INSERT INTO work (consumer, id, event, ordering_key, flags, replay_of)
        SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM events WHERE id = ?3)
        """];

    private readonly Statement _insertLink = database["INSERT INTO replayed_events (event, delivery) VALUES (?1, ?2)"];

    private readonly Statement _advance = database[
        """
        UPDATE replays SET cursor = ?2, state = ?3, ended_at = ?4 WHERE id = ?1 AND state = 0
        """];

    private readonly Statement _count = database["UPDATE replays SET replayed = replayed + ?2 WHERE id = ?1"];

    public bool Apply(ReplayCommand command)
    {
        command.Created = [];
        if (command.Job is { } job && !Advance(job))
        {
            return false;
        }

        var created = new List<WorkItem>(command.Replays.Count);
        foreach (var replay in command.Replays)
        {
            if (Insert(replay))
            {
                created.Add(replay.ToWork());
            }
        }

        if (command.Job is { } counted)
        {
            _count.Bind(1, counted.Id.Key).Bind(2, created.Count).Run();
        }

        command.Created = created;
        return created.Count > 0;
    }

    public bool Create(CreateReplayJobCommand command)
    {
        var job = command.Job;
        database[
            """
            INSERT INTO replays (id, filter, rate_per_second, force, actor, reason, state, total, replayed, cursor, created_at, ended_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
            """]
            .Bind(1, job.Id.Key).Bind(2, ReplayFilterDocument.Write(job.Filter)).Bind(3, (long?)job.RatePerSecond).Bind(4, job.Force ? 1 : 0)
            .Bind(5, job.Actor).Bind(6, job.Reason).Bind(7, (int)job.State).Bind(8, job.Total).Bind(9, job.Replayed).Bind(10, job.Cursor.Key)
            .Bind(11, UnixTime.Of(job.CreatedAt)).Bind(12, UnixTime.Of(job.EndedAt)).Run();
        return true;
    }

    public bool End(EndReplayJobCommand command) => ids.Owns(command.Id)
        && database["UPDATE replays SET state = ?2, ended_at = ?3 WHERE id = ?1 AND state = 0"]
            .Bind(1, command.Id.Key).Bind(2, (int)command.State).Bind(3, UnixTime.Of(command.At)).Run() == 1;

    private bool Advance(ReplayJob job) => ids.Owns(job.Id)
        && _advance.Bind(1, job.Id.Key).Bind(2, job.Cursor.Key).Bind(3, (int)job.State).Bind(4, UnixTime.Of(job.EndedAt)).Run() == 1;

    private bool Insert(NewReplay replay)
    {
        if (!ids.Owns(replay.EventId))
        {
            return false;
        }

        if (replay.DeadLetter is { } dead
            && (!ids.Owns(dead) || _take.Bind(1, dead.Key).Bind(2, replay.Id.Key).Bind(3, replay.EventId.Key).Run() == 0))
        {
            return false;
        }

        var inserted = _insertWork
            .Bind(1, replay.Consumer).Bind(2, replay.Id.Key).Bind(3, replay.EventId.Key).Bind(4, replay.OrderingKey)
            .Bind(5, replay.Force ? Forced : 0).Bind(6, replay.DeadLetter?.Key).Run() == 1;
        if (inserted)
        {
            _insertLink.Bind(1, replay.EventId.Key).Bind(2, replay.Id.Key).Run();
        }

        return inserted;
    }
}
