using System.Diagnostics;
using Carrick.Postgres.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Writing;

/// <summary>
/// Deletes what is past its retention, table after table, in small steps by id. An event with outstanding work or a dead letter stays. A sweep goes on behind
/// the last step from one command to the next; what a lost transaction has left is found by the next sweep.
/// Days that nothing holds are closed here, and dropped whole by <see cref="OldDays"/>; of a day that will be, no row is deleted.
/// </summary>
internal sealed class RetentionWriter
{
    // Shorter retentions do not wait for the day to end.
    private static readonly TimeSpan ByDayFrom = TimeSpan.FromDays(7);

    private const int BlocksInStep = 16;

    private const string DeadLetters =
        """
        WITH old AS (SELECT delivery FROM ~dead_letters WHERE at < $1 ORDER BY at LIMIT $2),
        gone AS (DELETE FROM ~dead_letters AS d USING old WHERE d.delivery = old.delivery RETURNING d.delivery, d.consumer, d.replayed_by, d.shard),
        tried AS (DELETE FROM ~attempts AS a USING gone WHERE a.delivery = gone.delivery RETURNING 1)
        SELECT consumer, replayed_by IS NULL, (SELECT count(*) FROM tried), shard FROM gone
        """;

    private const string Outcomes =
        """
        WITH old AS MATERIALIZED (SELECT delivery, at FROM ~outcomes WHERE delivery > $1 AND delivery < $2 ORDER BY delivery LIMIT $4),
        gone AS (DELETE FROM ~outcomes AS o USING old WHERE o.delivery = old.delivery AND old.at < $3 RETURNING o.delivery),
        tried AS (DELETE FROM ~attempts AS a USING gone WHERE a.delivery = gone.delivery RETURNING 1)
        SELECT (SELECT count(*) FROM old), (SELECT max(delivery) FROM old), (SELECT count(*) FROM gone) + (SELECT count(*) FROM tried)
        """;

    // Ids of an event's first deliveries lie between its own and the next event's; those of replays are kept in replayed_events.
    private const string Events =
        """
        WITH batch AS MATERIALIZED (SELECT id FROM ~events WHERE id > $1 AND id < $2 ORDER BY id LIMIT $3),
        bounds AS MATERIALIZED (
            SELECT id, coalesce(lead(id) OVER (ORDER BY id),
                (SELECT min(e.id) FROM ~events AS e WHERE e.id > (SELECT max(id) FROM batch)), 9223372036854775807) AS next
            FROM batch),
        gone AS (
            DELETE FROM ~events AS e USING bounds AS b WHERE e.id = b.id AND e.id > $1 AND e.id < $2
                AND NOT EXISTS (SELECT 1 FROM ~work AS w WHERE w.consumer = ANY ($4) AND w.id > b.id AND w.id < b.next AND w.event = b.id)
                AND NOT EXISTS (SELECT 1 FROM ~dead_letters AS d WHERE d.delivery > b.id AND d.delivery < b.next AND d.event = b.id AND d.replayed_by IS NULL)
                AND NOT EXISTS (SELECT 1 FROM ~replayed_events AS r JOIN ~work AS w ON w.consumer = ANY ($4) AND w.id = r.delivery WHERE r.event = b.id)
                AND NOT EXISTS (SELECT 1 FROM ~replayed_events AS r JOIN ~dead_letters AS d ON d.delivery = r.delivery WHERE r.event = b.id AND d.replayed_by IS NULL)
            RETURNING e.id),
        unlinked AS (DELETE FROM ~replayed_events AS r USING gone WHERE r.event = gone.id)
        SELECT (SELECT count(*) FROM batch), (SELECT max(id) FROM batch), (SELECT count(*) FROM gone)
        """;

    private readonly StoreState _state;
    private readonly ChangeWriter _changes;
    private readonly (Func<WriteTransaction, RetentionCommand, int, long?> Delete, int Rows)[] _tables;
    private int _table;
    private long _cursor;

    public RetentionWriter(StoreState state, ChangeWriter changes)
    {
        _state = state;
        _changes = changes;
        _tables =
        [
            (CloseDays, 1), (DeleteDeadLetters, 64), (DeleteOutcomes, 256), (DeleteEvents, 64), (DeleteKeys, 128), (DeleteAudit, 256), (DeleteReplays, 64), (DeleteVersions, 64),
            (DeleteEventBlocks, 64), (DeleteDeliveryBlocks, 64), (DeleteChanges, 256),
        ];
    }

    public void Apply(WriteTransaction transaction, RetentionCommand command)
    {
        command.Forget();
        var started = Stopwatch.GetTimestamp();
        var looked = 0;
        while (_table < _tables.Length && looked < command.Limit && (looked == 0 || command.Budget is not { } budget || Stopwatch.GetElapsedTime(started) < budget))
        {
            var (delete, most) = _tables[_table];
            var rows = Math.Min(most, command.Limit - looked);
            if (delete(transaction, command, rows) is { } next)
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
                transaction.Run(
                    "INSERT INTO ~meta AS m (name, value) VALUES ('retention_at', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value", P.Int64(UnixTime.Of(now)));
            }
        }

        command.Took = Stopwatch.GetElapsedTime(started);
    }

    private long? CloseDays(WriteTransaction transaction, RetentionCommand command, int rows)
    {
        int[] consumers = [.. _state.Names.ConsumerNumbers];
        foreach (var day in EventPartitions.Older(transaction, command.EventsBefore))
        {
            EventPartitions.TryClose(transaction, day, consumers);
        }

        command.Closed = (int)(transaction.Scalar("SELECT count(*) FROM ~meta WHERE name LIKE 'closed day %'") ?? 0);
        return null;
    }

    private long? DeleteDeadLetters(WriteTransaction transaction, RetentionCommand command, int rows)
    {
        var gone = transaction.List(
            DeadLetters,
            row => (Consumer: row.GetInt32(0), Open: row.GetBoolean(1), Attempts: row.GetInt64(2), Shard: (int)row.GetInt16(3)),
            P.Int64(UnixTime.Of(command.DeadLettersBefore)), P.Int64(rows));
        command.Deleted += gone.Count + (gone is [var first, ..] ? (int)first.Attempts : 0);
        foreach (var dead in gone.Where(row => row.Open && _changes.Owns(row.Shard)))
        {
            command.CountOpenDeadLetter(dead.Consumer);
        }

        foreach (var (place, count) in gone.Where(row => row.Open).CountBy(row => (row.Shard, row.Consumer)))
        {
            _changes.DeadLeft(place.Shard, place.Consumer, count);
        }

        return gone.Count < rows ? null : 0;
    }

    private long? DeleteOutcomes(WriteTransaction transaction, RetentionCommand command, int rows) => Step(
        command, rows, transaction.List(
            Outcomes,
            ReadStep,
            P.Int64(_cursor), P.Int64(UnixTime.Key(command.EventsBefore)), P.Int64(UnixTime.Of(command.EventsBefore)), P.Int64(rows))[0]);

    private long? DeleteEvents(WriteTransaction transaction, RetentionCommand command, int rows)
    {
        var before = command.Now - command.EventsBefore >= ByDayFrom
            ? new DateTimeOffset(command.EventsBefore.UtcDateTime.Date, TimeSpan.Zero)
            : command.EventsBefore;
        return Step(
            command, rows, transaction.List(
                Events, ReadStep, P.Int64(_cursor), P.Int64(UnixTime.Key(before)), P.Int64(rows), P.Int32s([.. _state.Names.ConsumerNumbers]))[0]);
    }

    private long? DeleteKeys(WriteTransaction transaction, RetentionCommand command, int rows) => Delete(
        transaction, command, rows,
        "DELETE FROM ~event_keys WHERE event IN (SELECT event FROM ~event_keys WHERE event < $1 ORDER BY event LIMIT $2)", UnixTime.Key(command.KeysBefore));

    // A line behind one that has to stay stays too: none is looked at that is not deleted.
    private long? DeleteAudit(WriteTransaction transaction, RetentionCommand command, int rows) => Delete(
        transaction, command, rows,
        """
        WITH first AS MATERIALIZED (SELECT number, at FROM ~audit ORDER BY number LIMIT $2)
        DELETE FROM ~audit WHERE number IN (SELECT number FROM first WHERE number < coalesce((SELECT min(number) FROM first WHERE at >= $1), 9223372036854775807))
        """,
        UnixTime.Of(command.DeadLettersBefore));

    private long? DeleteReplays(WriteTransaction transaction, RetentionCommand command, int rows) => Delete(
        transaction, command, rows,
        "DELETE FROM ~replays WHERE id IN (SELECT id FROM ~replays WHERE id < $1 AND state <> 0 AND ended_at < $3 ORDER BY id LIMIT $2)",
        UnixTime.Key(command.DeadLettersBefore), P.Int64(UnixTime.Of(command.DeadLettersBefore)));

    // As long as anything is stored that could come again, so that a replay is still found late.
    private long? DeleteVersions(WriteTransaction transaction, RetentionCommand command, int rows) => Delete(
        transaction, command, rows,
        """
        DELETE FROM ~delivered_versions WHERE (consumer, subject) IN
            (SELECT consumer, subject FROM ~delivered_versions WHERE at < $1 ORDER BY at LIMIT $2)
        """,
        UnixTime.Of(command.EventsBefore < command.DeadLettersBefore ? command.EventsBefore : command.DeadLettersBefore));

    private long? DeleteEventBlocks(WriteTransaction transaction, RetentionCommand command, int rows) => DeleteBlocks(transaction, command, "~event_blocks");

    private long? DeleteDeliveryBlocks(WriteTransaction transaction, RetentionCommand command, int rows) => DeleteBlocks(transaction, command, "~delivery_blocks");

    // What is left of their ranges is little, and is found without them. They are no records, and not counted as such.
    private static long? DeleteBlocks(WriteTransaction transaction, RetentionCommand command, string table) => transaction.Run(
        $"DELETE FROM {table} WHERE to_key IN (SELECT to_key FROM {table} WHERE to_key < $1 ORDER BY to_key LIMIT $2)",
        P.Int64(UnixTime.Key(command.EventsBefore)), P.Int64(BlocksInStep)) < BlocksInStep ? null : 0;

    // Nobody is that far behind: a node whose lease has ended joins anew. Their ids are times. They are no records either.
    private long? DeleteChanges(WriteTransaction transaction, RetentionCommand command, int rows) => transaction.Run(
        "DELETE FROM ~changes WHERE id IN (SELECT id FROM ~changes WHERE id < $1 ORDER BY id LIMIT $2)",
        P.Int64(UnixTime.Key(command.EventsBefore)), P.Int64(rows)) < rows ? null : 0;

    private static (long Seen, long Last, long Deleted) ReadStep(NpgsqlDataReader row) => (row.GetInt64(0), row.IsDBNull(1) ? 0 : row.GetInt64(1), row.GetInt64(2));

    private static long? Step(RetentionCommand command, int rows, (long Seen, long Last, long Deleted) step)
    {
        command.Deleted += (int)step.Deleted;
        return step.Seen < rows ? null : step.Last;
    }

    private static long? Delete(WriteTransaction transaction, RetentionCommand command, int rows, string sql, long before, params NpgsqlParameter[] more)
    {
        var deleted = transaction.Run(sql, [P.Int64(before), P.Int64(rows), .. more]);
        command.Deleted += deleted;
        return deleted < rows ? null : 0;
    }
}
