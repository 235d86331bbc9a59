using Carrick.Postgres.Raw;
using Carrick.Postgres.Reading;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Writing;

/// <summary>
/// What operators do to deliveries, a statement for each kind and not for each command: every node waits for the lock that they run under. Of several
/// commands for one delivery each sees what the one before it has left. Work is found by a seek per consumer: it has no index by id alone.
/// </summary>
internal sealed class OperatorWriter(StoreState state, ChangeWriter changes)
{
    private const string DiscardWork =
        """
        WITH input AS MATERIALIZED (SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[]) AS i (id, consumer, at)),
        gone AS (
            DELETE FROM ~work AS w USING input AS i WHERE w.id = i.id AND w.consumer = i.consumer
            RETURNING w.id AS delivery, w.consumer, w.event, w.attempts, w.replay_of, w.shard, i.at),
        ended AS (
            INSERT INTO ~outcomes (delivery, consumer, event, outcome, at, attempts, replay_of)
            SELECT delivery, consumer, event, $4::integer, at, attempts, replay_of FROM gone)
        SELECT delivery, consumer, shard FROM gone
        """;

    private const string DiscardDead =
        """
        WITH input AS MATERIALIZED (SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS i (id, at)),
        gone AS (
            DELETE FROM ~dead_letters AS d USING input AS i WHERE d.delivery = i.id AND d.replayed_by IS NULL
            RETURNING d.delivery, d.consumer, d.event, d.attempts, d.replay_of, d.shard, i.at),
        ended AS (
            INSERT INTO ~outcomes (delivery, consumer, event, outcome, at, attempts, replay_of)
            SELECT delivery, consumer, event, $3::integer, at, attempts, replay_of FROM gone)
        SELECT delivery, consumer, shard FROM gone
        """;

    public void Requeue(WriteTransaction transaction, IReadOnlyList<RequeueCommand> commands)
    {
        var found = Find(transaction, commands.Select(command => command.Delivery));
        List<WorkItem> delayed = [];
        foreach (var command in commands)
        {
            command.Was = found.GetValueOrDefault(command.Delivery);
            if (command.Was is { DueAt: not null } was)
            {
                delayed.Add(was);
                found[command.Delivery] = DueNow(was);
            }
        }

        if (delayed.Count == 0)
        {
            return;
        }

        transaction.Run(
            "UPDATE ~work AS w SET due_at = 0 FROM unnest($1::integer[], $2::bigint[]) AS i (consumer, id) WHERE w.consumer = i.consumer AND w.id = i.id",
            P.Int32s([.. delayed.Select(item => item.Consumer)]),
            P.Int64s([.. delayed.Select(item => item.Id.Key)]));
        delayed.ForEach(was => changes.Of(ChangeKind.Requeued, was));
    }

    public void Discard(WriteTransaction transaction, IReadOnlyList<DiscardCommand> commands)
    {
        foreach (var command in commands)
        {
            (command.Was, command.DeadOf) = (null, null);
        }

        // The first command for a delivery is the one that finds it.
        List<DiscardCommand> firsts = [.. commands.Where(command => state.Ids.Owns(command.Delivery)).DistinctBy(command => command.Delivery)];
        var found = Find(transaction, firsts.Select(command => command.Delivery));
        DiscardOutstanding(transaction, firsts.FindAll(command => found.ContainsKey(command.Delivery)), found);
        DiscardDeadOnes(transaction, firsts.FindAll(command => !found.ContainsKey(command.Delivery)));
    }

    private void DiscardOutstanding(WriteTransaction transaction, List<DiscardCommand> commands, Dictionary<RecordId, WorkItem> found)
    {
        if (commands.Count == 0)
        {
            return;
        }

        transaction.List(
            DiscardWork,
            row => row.GetInt64(0),
            Ids(commands), P.Int32s([.. commands.Select(command => found[command.Delivery].Consumer)]), Times(commands), P.Int32((int)DeliveryOutcome.Discarded));
        foreach (var command in commands)
        {
            command.Was = found[command.Delivery];
            changes.Of(ChangeKind.Discarded, command.Was);
        }
    }

    private void DiscardDeadOnes(WriteTransaction transaction, List<DiscardCommand> commands)
    {
        if (commands.Count == 0)
        {
            return;
        }

        var dead = transaction
            .List(
                DiscardDead,
                row => (Delivery: row.GetInt64(0), Consumer: row.GetInt32(1), Shard: (int)row.GetInt16(2)),
                Ids(commands), Times(commands), P.Int32((int)DeliveryOutcome.Discarded))
            .ToDictionary(row => row.Delivery);
        foreach (var command in commands)
        {
            if (dead.TryGetValue(command.Delivery.Key, out var gone))
            {
                (command.DeadOf, command.DeadShard) = (gone.Consumer, gone.Shard);
                changes.DeadLeft(gone.Shard, gone.Consumer, 1);
            }
        }
    }

    private Dictionary<RecordId, WorkItem> Find(WriteTransaction transaction, IEnumerable<RecordId> deliveries)
    {
        long[] ids = [.. deliveries.Where(state.Ids.Owns).Select(delivery => delivery.Key).Distinct()];
        return ids.Length == 0
            ? []
            : transaction.List(
                $"SELECT {WorkRows.Columns} FROM ~work WHERE consumer IN (SELECT number FROM ~consumers) AND id = ANY ($1) FOR UPDATE",
                row => WorkRows.Read(row, state.Ids),
                P.Int64s(ids)).ToDictionary(item => item.Id);
    }

    private static WorkItem DueNow(WorkItem was) => new()
    {
        Id = was.Id,
        Consumer = was.Consumer,
        EventId = was.EventId,
        OrderingKey = was.OrderingKey,
        Shard = was.Shard,
        Attempts = was.Attempts,
        Failures = was.Failures,
        Forced = was.Forced,
        ReplayOf = was.ReplayOf,
    };

    private static NpgsqlParameter Ids(List<DiscardCommand> commands) => P.Int64s([.. commands.Select(command => command.Delivery.Key)]);

    private static NpgsqlParameter Times(List<DiscardCommand> commands) => P.Int64s([.. commands.Select(command => UnixTime.Of(command.At))]);
}
