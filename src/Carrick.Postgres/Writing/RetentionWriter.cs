using Carrick.Postgres.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Writing;

/// <summary>
/// Deletes what is past its retention, in small batches by id. An event with outstanding work or a dead letter stays;
/// the pass over the events goes on behind it from one batch to the next and starts again when it is through.
/// Days that are empty, or that nothing holds, are dropped whole by <see cref="EventPartitions"/>.
/// </summary>
internal sealed class RetentionWriter(StoreState state, ChangeWriter changes)
{
    private const string DeadLetters =
        """
        WITH old AS (SELECT delivery FROM ~dead_letters WHERE at < $1 ORDER BY at LIMIT $2),
        gone AS (DELETE FROM ~dead_letters AS d USING old WHERE d.delivery = old.delivery RETURNING d.delivery, d.consumer, d.replayed_by, d.shard),
        tried AS (DELETE FROM ~attempts AS a USING gone WHERE a.delivery = gone.delivery RETURNING 1)
        SELECT consumer, replayed_by IS NULL, (SELECT count(*) FROM tried), shard FROM gone
        """;

    private const string Outcomes =
        """
        WITH old AS (SELECT delivery FROM ~outcomes WHERE delivery < $1 AND at < $2 ORDER BY delivery LIMIT $3),
        gone AS (DELETE FROM ~outcomes AS o USING old WHERE o.delivery = old.delivery RETURNING o.delivery),
        tried AS (DELETE FROM ~attempts AS a USING gone WHERE a.delivery = gone.delivery RETURNING 1)
        SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM tried)
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

    private long _eventCursor;

    public void Apply(WriteTransaction transaction, RetentionCommand command)
    {
        command.Forget();
        DeleteDeadLetters(transaction, command);
        DeleteOutcomes(transaction, command);
        DeleteEvents(transaction, command);
        var keys = P.Int64(UnixTime.Key(command.KeysBefore));
        Delete(transaction, command, "DELETE FROM ~event_keys WHERE event IN (SELECT event FROM ~event_keys WHERE event < $1 ORDER BY event LIMIT $2)", keys);
        var before = UnixTime.Of(command.DeadLettersBefore);
        Delete(transaction, command, "DELETE FROM ~audit WHERE number IN (SELECT number FROM ~audit WHERE at < $1 ORDER BY number LIMIT $2)", P.Int64(before));
        Delete(transaction, command, "DELETE FROM ~replays WHERE id IN (SELECT id FROM ~replays WHERE state <> 0 AND ended_at < $1 LIMIT $2)", P.Int64(before));
        DeleteVersions(transaction, command);
        DeleteChanges(transaction, command);
    }

    // Nobody is that far behind: a node whose lease has ended joins anew. Their ids are times. They are no records, and not counted as such.
    private static void DeleteChanges(WriteTransaction transaction, RetentionCommand command)
    {
        const string Changes = "DELETE FROM ~changes WHERE id IN (SELECT id FROM ~changes WHERE id < $1 ORDER BY id LIMIT $2)";
        command.More |= transaction.Run(Changes, P.Int64(UnixTime.Key(command.EventsBefore)), P.Int64(command.Limit)) == command.Limit;
    }

    // As long as anything is stored that could come again, so that a replay is still found late.
    private static void DeleteVersions(WriteTransaction transaction, RetentionCommand command)
    {
        var before = command.EventsBefore < command.DeadLettersBefore ? command.EventsBefore : command.DeadLettersBefore;
        Delete(
            transaction,
            command,
            """
            DELETE FROM ~delivered_versions WHERE (consumer, subject) IN
                (SELECT consumer, subject FROM ~delivered_versions WHERE at < $1 ORDER BY at LIMIT $2)
            """,
            P.Int64(UnixTime.Of(before)));
    }

    private void DeleteDeadLetters(WriteTransaction transaction, RetentionCommand command)
    {
        var gone = transaction.List(
            DeadLetters,
            row => (Consumer: row.GetInt32(0), Open: row.GetBoolean(1), Attempts: row.GetInt64(2), Shard: (int)row.GetInt16(3)),
            P.Int64(UnixTime.Of(command.DeadLettersBefore)), P.Int64(command.Limit));
        Count(command, gone.Count);
        command.Deleted += gone is [var first, ..] ? (int)first.Attempts : 0;
        command.OpenDeadLettersDeleted = gone.Where(row => row.Open && changes.Owns(row.Shard)).CountBy(row => row.Consumer).ToDictionary();
        foreach (var (place, count) in gone.Where(row => row.Open).CountBy(row => (row.Shard, row.Consumer)))
        {
            changes.DeadLeft(place.Shard, place.Consumer, count);
        }
    }

    private static void DeleteOutcomes(WriteTransaction transaction, RetentionCommand command)
    {
        var (gone, attempts) = transaction.List(
            Outcomes,
            row => (row.GetInt64(0), row.GetInt64(1)),
            P.Int64(UnixTime.Key(command.EventsBefore)), P.Int64(UnixTime.Of(command.EventsBefore)), P.Int64(command.Limit))[0];
        Count(command, (int)gone);
        command.Deleted += (int)attempts;
    }

    private void DeleteEvents(WriteTransaction transaction, RetentionCommand command)
    {
        var (seen, last, gone) = transaction.List(
            Events,
            row => (row.GetInt64(0), row.IsDBNull(1) ? 0 : row.GetInt64(1), row.GetInt64(2)),
            P.Int64(_eventCursor), P.Int64(UnixTime.Key(command.EventsBefore)), P.Int64(command.Limit), P.Int32s([.. state.Names.ConsumerNumbers]))[0];
        _eventCursor = seen == command.Limit ? last : 0;
        command.More |= seen == command.Limit;
        command.Deleted += (int)gone;
    }

    private static void Delete(WriteTransaction transaction, RetentionCommand command, string sql, NpgsqlParameter before) =>
        Count(command, transaction.Run(sql, before, P.Int64(command.Limit)));

    private static void Count(RetentionCommand command, int rows)
    {
        command.Deleted += rows;
        command.More |= rows == command.Limit;
    }
}
