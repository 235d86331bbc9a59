using Carrick.Postgres.Raw;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Postgres.Writing;

/// <summary>Makes deliveries again, and keeps the jobs that do so in bulk.</summary>
internal sealed class ReplayWriter(StoreState state, ChangeWriter changes)
{
    private const int Forced = 1;

    private const string InsertSql =
        """
        WITH input AS MATERIALIZED (
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::text[], $5::integer[], $6::bigint[], $7::integer[])
                AS i (id, event, consumer, ordering_key, flags, dead_letter, shard)
            WHERE EXISTS (SELECT 1 FROM ~events AS e WHERE e.id = i.event)
                AND NOT EXISTS (SELECT 1 FROM ~meta WHERE name = 'closed day ' || (i.event / 353894400000))),
        taken AS (
            UPDATE ~dead_letters AS d SET replayed_by = i.id FROM input AS i
            WHERE d.delivery = i.dead_letter AND d.event = i.event AND d.replayed_by IS NULL RETURNING d.replayed_by AS id, d.shard),
        queued AS (
            INSERT INTO ~work (id, event, consumer, ordering_key, flags, replay_of, shard, handed)
            SELECT i.id, event, consumer, ordering_key, flags, dead_letter, coalesce(t.shard, i.shard), ($8::bigint >> coalesce(t.shard, i.shard)) & 1 = 0
            FROM input AS i LEFT JOIN taken AS t USING (id)
            WHERE dead_letter IS NULL OR t.id IS NOT NULL RETURNING id, event, shard),
        linked AS (INSERT INTO ~replayed_events (event, delivery) SELECT event, id FROM queued)
        SELECT id, shard FROM queued
        """;

    /// <summary>Makes the deliveries of several commands by one statement. The first command for a dead letter is the one that replays it.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="commands">Several without a job, or one with a job.</param>
    public void Apply(WriteTransaction transaction, IReadOnlyList<ReplayCommand> commands)
    {
        HashSet<RecordId> taken = [];
        List<NewReplay> replays = [];
        foreach (var command in commands)
        {
            command.Created = [];
            if (command.Job is null || Advance(transaction, command.Job))
            {
                replays.AddRange(command.Replays.Where(replay =>
                    state.Ids.Owns(replay.EventId) && (replay.DeadLetter is not { } dead || (state.Ids.Owns(dead) && taken.Add(dead)))));
            }
        }

        if (replays.Count == 0)
        {
            return;
        }

        var made = Insert(transaction, replays);
        foreach (var replay in replays.Where(replay => made.ContainsKey(replay.Id.Key)))
        {
            replay.Shard = made[replay.Id.Key];
        }

        foreach (var command in commands)
        {
            command.Created = [.. command.Replays.Where(replay => made.ContainsKey(replay.Id.Key)).Select(replay => replay.ToWork())];
            Tell(command.Created);
            if (command.Job is { } counted)
            {
                transaction.Run("UPDATE ~replays SET replayed = replayed + $2 WHERE id = $1", P.Int64(counted.Id.Key), P.Int64(command.Created.Count));
            }
        }
    }

    /// <returns>The shards of the deliveries that were made, by id.</returns>
    private Dictionary<long, int> Insert(WriteTransaction transaction, List<NewReplay> replays) => transaction.List(
        InsertSql,
        row => (Id: row.GetInt64(0), Shard: (int)row.GetInt16(1)),
        P.Int64s([.. replays.Select(replay => replay.Id.Key)]),
        P.Int64s([.. replays.Select(replay => replay.EventId.Key)]),
        P.Int32s([.. replays.Select(replay => replay.Consumer)]),
        P.Texts([.. replays.Select(replay => StoredText.Write(replay.OrderingKey))]),
        P.Int32s([.. replays.Select(replay => replay.Force ? Forced : 0)]),
        P.NullableInt64s([.. replays.Select(replay => replay.DeadLetter?.Key)]),
        P.Int32s([.. replays.Select(replay => replay.Shard ?? state.Shards.Next())]),
        P.Int64((long)changes.Owned)).ToDictionary(row => row.Id, row => row.Shard);

    private void Tell(IReadOnlyList<WorkItem> created)
    {
        if (created.Any(item => !changes.Owns(item.Shard)))
        {
            changes.Handed();
        }

        foreach (var (place, count) in created.Where(item => item.ReplayOf is not null).CountBy(item => (item.Shard, item.Consumer)))
        {
            changes.DeadLeft(place.Shard, place.Consumer, count);
        }
    }

    public bool Create(WriteTransaction transaction, CreateReplayJobCommand command)
    {
        var job = command.Job;
        if (!changes.Owns(ShardSet.Leading))
        {
            changes.OfAll(ChangeKind.Replay);
        }

        return transaction.Run(
            """
            INSERT INTO ~replays (id, filter, rate_per_second, force, actor, reason, state, total, replayed, cursor, created_at, ended_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            """,
            P.Int64(job.Id.Key), P.Text(ReplayFilterDocument.Write(job.Filter)), P.Int32(job.RatePerSecond), P.Bool(job.Force), P.Text(job.Actor), P.Text(job.Reason),
            P.Int32((int)job.State), P.Int64(job.Total), P.Int64(job.Replayed), P.Int64(job.Cursor.Key), P.Int64(UnixTime.Of(job.CreatedAt)),
            P.Int64(UnixTime.Of(job.EndedAt))) == 1;
    }

    public bool End(WriteTransaction transaction, EndReplayJobCommand command) => command.Applied = state.Ids.Owns(command.Id)
        && transaction.Run(
            "UPDATE ~replays SET state = $2, ended_at = $3 WHERE id = $1 AND state = 0",
            P.Int64(command.Id.Key), P.Int32((int)command.State), P.Int64(UnixTime.Of(command.At))) == 1;

    private bool Advance(WriteTransaction transaction, ReplayJob job) => state.Ids.Owns(job.Id)
        && transaction.Run(
            "UPDATE ~replays SET cursor = $2, state = $3, ended_at = $4 WHERE id = $1 AND state = 0",
            P.Int64(job.Id.Key), P.Int64(job.Cursor.Key), P.Int32((int)job.State), P.Int64(UnixTime.Of(job.EndedAt))) == 1;
}
