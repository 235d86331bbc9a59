using Carrick.Postgres.Raw;
using Carrick.Postgres.Reading;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Postgres.Writing;

/// <summary>What operators do to single deliveries. Work is found by a seek per consumer: it has no index by id alone.</summary>
internal sealed class OperatorWriter(StoreState state, ChangeWriter changes)
{
    public bool Requeue(WriteTransaction transaction, RequeueCommand command)
    {
        command.Was = Find(transaction, command.Delivery);
        if (command.Was is { DueAt: not null } delayed)
        {
            transaction.Run("UPDATE ~work SET due_at = 0 WHERE consumer = $1 AND id = $2", P.Int32(delayed.Consumer), P.Int64(delayed.Id.Key));
            changes.Of(ChangeKind.Requeued, delayed);
        }

        return command.Applied;
    }

    public bool Discard(WriteTransaction transaction, DiscardCommand command)
    {
        command.DeadOf = null;
        command.Was = Find(transaction, command.Delivery);
        if (command.Was is { } work)
        {
            Move(transaction, command, "DELETE FROM ~work WHERE id = $1 AND consumer = $2 RETURNING consumer, event, attempts, replay_of, shard", work.Consumer);
            changes.Of(ChangeKind.Discarded, work);
        }
        else if (state.Ids.Owns(command.Delivery))
        {
            if (Move(
                transaction,
                command,
                "DELETE FROM ~dead_letters WHERE delivery = $1 AND replayed_by IS NULL AND $2::integer IS NULL RETURNING consumer, event, attempts, replay_of, shard",
                null) is { } dead)
            {
                (command.DeadOf, command.DeadShard) = dead;
                changes.DeadLeft(dead.Shard, dead.Consumer, 1);
            }
        }

        return command.Applied;
    }

    private WorkItem? Find(WriteTransaction transaction, RecordId delivery) => state.Ids.Owns(delivery)
        && transaction.List(
            $"SELECT {WorkRows.Columns} FROM ~work WHERE consumer IN (SELECT number FROM ~consumers) AND id = $1 FOR UPDATE",
            row => WorkRows.Read(row, state.Ids),
            P.Int64(delivery.Key)) is [var item, ..] ? item : null;

    /// <returns>The consumer's number and the shard, or <see langword="null"/> if there was nothing to delete.</returns>
    private static (int Consumer, int Shard)? Move(WriteTransaction transaction, DiscardCommand command, string delete, int? consumer)
    {
        var moved = transaction.List(
            $"""
            WITH gone AS ({delete}),
            ended AS (
                INSERT INTO ~outcomes (delivery, consumer, event, outcome, at, attempts, replay_of)
                SELECT $1, consumer, event, $3::integer, $4, attempts, replay_of FROM gone)
            SELECT consumer, shard FROM gone
            """,
            row => (row.GetInt32(0), (int)row.GetInt16(1)),
            P.Int64(command.Delivery.Key), P.Int32(consumer), P.Int32((int)DeliveryOutcome.Discarded), P.Int64(UnixTime.Of(command.At)));
        return moved is [var found, ..] ? found : null;
    }
}
