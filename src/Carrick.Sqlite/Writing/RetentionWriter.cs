using System.Diagnostics;
using Carrick.Sqlite.Raw;
using Carrick.Sqlite.Reading;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Writing;

/// <summary>
/// Deletes what is past its retention, table after table, in ranges of ids: a range touches each page once. An event with outstanding work or a dead letter
/// stays. A sweep goes on behind the last range from one command to the next; what a lost transaction has left is found by the next sweep.
/// </summary>
internal sealed class RetentionWriter
{
    // Blocks are pages; everything else is rows.
    private const int BlocksInStep = 16;

    private readonly Database _database;
    private readonly (Func<RetentionCommand, int, long?> Delete, int Rows)[] _tables;
    private readonly List<long> _held = [];
    private int _table;
    private long _cursor;

    public RetentionWriter(Database database)
    {
        _database = database;
        // As many rows in a step as cost about a quarter of a millisecond. Keys are dear: each is somewhere else in its index, and changes a page of its own.
        _tables =
        [
            (DeleteDeadLetters, 32), (DeleteOutcomes, 256), (DeleteEvents, 64), (DeleteKeys, 32), (DeleteAudit, 256), (DeleteReplays, 32), (DeleteVersions, 32),
            (DeleteEventBlocks, 32), (DeleteDeliveryBlocks, 32),
        ];
    }

    public void Apply(RetentionCommand command)
    {
        command.Forget();
        var started = Stopwatch.GetTimestamp();
        var looked = 0;
        while (_table < _tables.Length && looked < command.Limit && (looked == 0 || command.Budget is not { } budget || Stopwatch.GetElapsedTime(started) < budget))
        {
            var (delete, most) = _tables[_table];
            var rows = Math.Min(most, command.Limit - looked);
            if (delete(command, rows) is { } next)
            {
                (_cursor, looked) = (next, looked + rows);
            }
            else
            {
                (_table, _cursor) = (_table + 1, 0);
            }
        }

        command.More = _table < _tables.Length;
        if (!command.More)
        {
            _table = 0;
            if (command.Now is { } now)
            {
                _database["INSERT INTO meta (name, value) VALUES ('retention_at', ?1) ON CONFLICT (name) DO UPDATE SET value = excluded.value"].Bind(1, UnixTime.Of(now)).Run();
            }
        }

        command.Took = Stopwatch.GetElapsedTime(started);
    }

    private long? DeleteDeadLetters(RetentionCommand command, int rows)
    {
        var old = List(_database["SELECT delivery FROM dead_letters WHERE at < ?1 ORDER BY at LIMIT ?2"].Bind(1, UnixTime.Of(command.DeadLettersBefore)).Bind(2, rows));
        foreach (var id in old)
        {
            var deleted = _database["DELETE FROM dead_letters WHERE delivery = ?1 RETURNING consumer, replayed_by"].Bind(1, id);
            if (deleted.Step())
            {
                if (deleted.NullableInt64(1) is null)
                {
                    command.CountOpenDeadLetter(deleted.Int32(0));
                }

                deleted.Run();
                command.Deleted++;
            }

            command.Deleted += _database["DELETE FROM attempts WHERE delivery = ?1"].Bind(1, id).Run();
        }

        return old.Count < rows ? null : 0;
    }

    private long? DeleteOutcomes(RetentionCommand command, int rows)
    {
        var before = UnixTime.Of(command.EventsBefore);
        var row = _database["SELECT delivery, at FROM outcomes WHERE delivery > ?1 AND delivery < ?2 ORDER BY delivery LIMIT ?3"]
            .Bind(1, _cursor).Bind(2, UnixTime.Key(command.EventsBefore)).Bind(3, rows);
        var (first, last, count) = (0L, 0L, 0);
        _held.Clear();
        while (row.Step())
        {
            last = row.Int64(0);
            first = count++ == 0 ? last : first;
            if (row.Int64(1) >= before)
            {
                // It has ended late.
                _held.Add(last);
            }
        }

        if (count > 0)
        {
            // Between the deliveries that are over are others, whose attempts stay.
            command.Deleted += DeleteRange("outcomes", "delivery", first, last);
            AddRange(_held, _database["SELECT delivery FROM dead_letters WHERE delivery >= ?1 AND delivery <= ?2"].Bind(1, first).Bind(2, last));
            foreach (var consumer in WorkRows.Busy(_database))
            {
                AddRange(_held, _database["SELECT id FROM work WHERE consumer = ?3 AND id >= ?1 AND id <= ?2"].Bind(1, first).Bind(2, last).Bind(3, consumer));
            }

            command.Deleted += DeleteRange("attempts", "delivery", first, last);
        }

        return count < rows ? null : last;
    }

    private long? DeleteEvents(RetentionCommand command, int rows)
    {
        var old = List(_database["SELECT id FROM events WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3"]
            .Bind(1, _cursor).Bind(2, UnixTime.Key(command.EventsBefore)).Bind(3, rows));
        if (old is [var first, ..])
        {
            FindHeldEvents(first, old[^1]);
            command.Deleted += DeleteRange("events", "id", first, old[^1]);
            DeleteRange("replayed_events", "event", first, old[^1]);
        }

        return old.Count < rows ? null : old[^1];
    }

    // Ids of an event's first deliveries lie between its own and the next event's; those of replays are kept in replayed_events.
    private void FindHeldEvents(long first, long last)
    {
        _held.Clear();
        var next = _database["SELECT min(id) FROM events WHERE id > ?1"].Bind(1, last).Scalar() ?? long.MaxValue;
        foreach (var consumer in WorkRows.Busy(_database))
        {
            AddRange(_held, _database["SELECT event FROM work WHERE consumer = ?4 AND id > ?1 AND id < ?3 AND event >= ?1 AND event <= ?2"]
                .Bind(1, first).Bind(2, last).Bind(3, next).Bind(4, consumer));
        }

        AddRange(_held, _database["SELECT event FROM dead_letters WHERE delivery > ?1 AND delivery < ?3 AND event >= ?1 AND event <= ?2 AND replayed_by IS NULL"]
            .Bind(1, first).Bind(2, last).Bind(3, next));
        AddRange(_held, _database[
            """
            SELECT event FROM replayed_events AS again WHERE event >= ?1 AND event <= ?2 AND (
                EXISTS (SELECT 1 FROM work WHERE consumer IN (SELECT number FROM consumers) AND id = again.delivery)
                OR EXISTS (SELECT 1 FROM dead_letters WHERE delivery = again.delivery AND replayed_by IS NULL))
            """].Bind(1, first).Bind(2, last));
    }

    private long? DeleteKeys(RetentionCommand command, int rows)
    {
        var old = List(_database["SELECT event FROM event_keys WHERE event < ?1 ORDER BY event LIMIT ?2"].Bind(1, UnixTime.Key(command.KeysBefore)).Bind(2, rows));
        if (old is [var first, ..])
        {
            _held.Clear();
            command.Deleted += DeleteRange("event_keys", "event", first, old[^1]);
        }

        return old.Count < rows ? null : 0;
    }

    // A line behind one that has to stay stays too: none is looked at that is not deleted.
    private long? DeleteAudit(RetentionCommand command, int rows)
    {
        var before = UnixTime.Of(command.DeadLettersBefore);
        var row = _database["SELECT number, at FROM audit ORDER BY number LIMIT ?1"].Bind(1, rows);
        var (last, count) = (0L, 0);
        while (row.Step() && row.Int64(1) < before)
        {
            (last, count) = (row.Int64(0), count + 1);
        }

        row.Reset();
        command.Deleted += _database["DELETE FROM audit WHERE number <= ?1"].Bind(1, last).Run();
        return count < rows ? null : 0;
    }

    private long? DeleteReplays(RetentionCommand command, int rows)
    {
        var old = List(_database["SELECT id FROM replays WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3"]
            .Bind(1, _cursor).Bind(2, UnixTime.Key(command.DeadLettersBefore)).Bind(3, rows));
        if (old is not [var first, ..])
        {
            return null;
        }

        command.Deleted += _database["DELETE FROM replays WHERE id >= ?1 AND id <= ?2 AND state <> 0 AND ended_at < ?3"]
            .Bind(1, first).Bind(2, old[^1]).Bind(3, UnixTime.Of(command.DeadLettersBefore)).Run();
        return old.Count < rows ? null : old[^1];
    }

    // As long as anything is stored that could come again, so that a replay is still found late.
    private long? DeleteVersions(RetentionCommand command, int rows)
    {
        var before = command.EventsBefore < command.DeadLettersBefore ? command.EventsBefore : command.DeadLettersBefore;
        var deleted = _database[
            """
            DELETE FROM delivered_versions WHERE (consumer, subject) IN
                (SELECT consumer, subject FROM delivered_versions WHERE at < ?1 ORDER BY at LIMIT ?2)
            """].Bind(1, UnixTime.Of(before)).Bind(2, rows).Run();
        command.Deleted += deleted;
        return deleted < rows ? null : 0;
    }

    private long? DeleteEventBlocks(RetentionCommand command, int rows) => DeleteBlocks("event_blocks", command);

    private long? DeleteDeliveryBlocks(RetentionCommand command, int rows) => DeleteBlocks("delivery_blocks", command);

    // What is left of their ranges is little, and is found without them. They are no records, and not counted as such.
    private long? DeleteBlocks(string table, RetentionCommand command) =>
        _database[$"DELETE FROM {table} WHERE to_key IN (SELECT to_key FROM {table} WHERE to_key < ?1 ORDER BY to_key LIMIT ?2)"]
            .Bind(1, UnixTime.Key(command.EventsBefore)).Bind(2, BlocksInStep).Run() < BlocksInStep ? null : 0;

    /// <summary>Deletes the rows of a range that are not held.</summary>
    private int DeleteRange(string table, string key, long first, long last) => _held.Count == 0
        ? _database[$"DELETE FROM {table} WHERE {key} >= ?1 AND {key} <= ?2"].Bind(1, first).Bind(2, last).Run()
        : _database[$"DELETE FROM {table} WHERE {key} >= ?1 AND {key} <= ?2 AND {key} NOT IN (SELECT value FROM json_each(?3))"]
            .Bind(1, first).Bind(2, last).Bind(3, $"[{string.Join(',', _held)}]").Run();

    private static List<long> List(Statement row)
    {
        var ids = new List<long>();
        AddRange(ids, row);
        return ids;
    }

    private static void AddRange(List<long> ids, Statement row)
    {
        while (row.Step())
        {
            ids.Add(row.Int64(0));
        }
    }
}
