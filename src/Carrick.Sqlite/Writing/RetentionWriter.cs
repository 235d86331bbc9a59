using Carrick.Sqlite.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Writing;

/// <summary>
/// Deletes what is past its retention, in small batches by id. An event with outstanding work or a dead letter stays;
/// the pass over the events goes on behind it from one batch to the next and starts again when it is through.
/// </summary>
internal sealed class RetentionWriter(Database database)
{
    private readonly List<long> _batch = [];
    private long _eventCursor;

    public void Apply(RetentionCommand command)
    {
        command.Forget();
        DeleteDeadLetters(command);
        DeleteOutcomes(command);
        DeleteEvents(command);
        Delete(command, "DELETE FROM event_keys WHERE event IN (SELECT event FROM event_keys WHERE event < ?1 ORDER BY event LIMIT ?2)", UnixTime.Key(command.KeysBefore));
        Delete(command, "DELETE FROM audit WHERE number IN (SELECT number FROM audit WHERE at < ?1 ORDER BY number LIMIT ?2)", UnixTime.Of(command.DeadLettersBefore));
        Delete(command, "DELETE FROM replays WHERE id IN (SELECT id FROM replays WHERE state <> 0 AND ended_at < ?1 LIMIT ?2)", UnixTime.Of(command.DeadLettersBefore));
        DeleteVersions(command);
    }

    // As long as anything is stored that could come again, so that a replay is still found late.
    private void DeleteVersions(RetentionCommand command)
    {
        var before = command.EventsBefore < command.DeadLettersBefore ? command.EventsBefore : command.DeadLettersBefore;
        Delete(
            command,
            """
            DELETE FROM delivered_versions WHERE (consumer, subject) IN
                (SELECT consumer, subject FROM delivered_versions WHERE at < ?1 ORDER BY at LIMIT ?2)
            """,
            UnixTime.Of(before));
    }

    private void DeleteDeadLetters(RetentionCommand command)
    {
        Fill(database["SELECT delivery FROM dead_letters WHERE at < ?1 ORDER BY at LIMIT ?2"].Bind(1, UnixTime.Of(command.DeadLettersBefore)).Bind(2, command.Limit));
        command.More |= _batch.Count == command.Limit;
        var open = new Dictionary<int, int>();
        foreach (var id in _batch)
        {
            var deleted = database["DELETE FROM dead_letters WHERE delivery = ?1 RETURNING consumer, replayed_by"].Bind(1, id);
            if (deleted.Step())
            {
                if (deleted.NullableInt64(1) is null)
                {
                    open[deleted.Int32(0)] = open.GetValueOrDefault(deleted.Int32(0)) + 1;
                }

                deleted.Run();
                command.Deleted++;
            }

            command.Deleted += database["DELETE FROM attempts WHERE delivery = ?1"].Bind(1, id).Run();
        }

        command.OpenDeadLettersDeleted = open;
    }

    private void DeleteOutcomes(RetentionCommand command)
    {
        Fill(database["SELECT delivery FROM outcomes WHERE delivery < ?1 AND at < ?2 ORDER BY delivery LIMIT ?3"]
            .Bind(1, UnixTime.Key(command.EventsBefore)).Bind(2, UnixTime.Of(command.EventsBefore)).Bind(3, command.Limit));
        command.More |= _batch.Count == command.Limit;
        foreach (var id in _batch)
        {
            command.Deleted += database["DELETE FROM outcomes WHERE delivery = ?1"].Bind(1, id).Run();
            command.Deleted += database["DELETE FROM attempts WHERE delivery = ?1"].Bind(1, id).Run();
        }
    }

    private void DeleteEvents(RetentionCommand command)
    {
        Fill(database["SELECT id FROM events WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3"]
            .Bind(1, _eventCursor).Bind(2, UnixTime.Key(command.EventsBefore)).Bind(3, command.Limit));
        _eventCursor = _batch.Count == command.Limit ? _batch[^1] : 0;
        command.More |= _batch.Count == command.Limit;
        foreach (var id in _batch)
        {
            if (!IsHeld(id))
            {
                command.Deleted += database["DELETE FROM events WHERE id = ?1"].Bind(1, id).Run();
                database["DELETE FROM replayed_events WHERE event = ?1"].Bind(1, id).Run();
            }
        }
    }

    // Ids of an event's first deliveries lie between its own and the next event's; those of replays are kept in replayed_events.
    private bool IsHeld(long id)
    {
        var next = database["SELECT min(id) FROM events WHERE id > ?1"].Bind(1, id).Scalar() ?? long.MaxValue;
        return database[
            """
            SELECT EXISTS (SELECT 1 FROM work WHERE consumer IN (SELECT number FROM consumers) AND id > ?1 AND id < ?2 AND event = ?1)
                OR EXISTS (SELECT 1 FROM dead_letters WHERE delivery > ?1 AND delivery < ?2 AND event = ?1 AND replayed_by IS NULL)
                OR EXISTS (SELECT 1 FROM replayed_events AS again JOIN work ON work.consumer IN (SELECT number FROM consumers) AND work.id = again.delivery WHERE again.event = ?1)
                OR EXISTS (SELECT 1 FROM replayed_events AS again JOIN dead_letters AS dead ON dead.delivery = again.delivery WHERE again.event = ?1 AND dead.replayed_by IS NULL)
            """].Bind(1, id).Bind(2, next).Scalar() == 1;
    }

    private void Fill(Statement statement)
    {
        _batch.Clear();
        while (statement.Step())
        {
            _batch.Add(statement.Int64(0));
        }
    }

    private void Delete(RetentionCommand command, string sql, long before)
    {
        var deleted = database[sql].Bind(1, before).Bind(2, command.Limit).Run();
        command.Deleted += deleted;
        command.More |= deleted == command.Limit;
    }
}
