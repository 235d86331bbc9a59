using Carrick.Sqlite.Raw;
using Carrick.Sqlite.Reading;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Writing;

/// <summary>What operators do to single deliveries and consumers. Work is found by a seek per consumer: it has no index by id alone.</summary>
internal sealed class OperatorWriter(Database database, IdSpace ids)
{
    public bool Requeue(RequeueCommand command)
    {
        command.Was = Find(command.Delivery);
        if (command.Was is { DueAt: not null } delayed)
        {
            database["UPDATE work SET due_at = 0 WHERE consumer = ?1 AND id = ?2"].Bind(1, delayed.Consumer).Bind(2, delayed.Id.Key).Run();
        }

        return command.Applied;
    }

    public bool Discard(DiscardCommand command)
    {
        command.DeadOf = null;
        command.Was = Find(command.Delivery);
        if (command.Was is { } work)
        {
            Move(command, database["DELETE FROM work WHERE id = ?1 AND consumer = ?2 RETURNING consumer, event, attempts, replay_of"].Bind(2, work.Consumer));
        }
        else if (ids.Owns(command.Delivery))
        {
            command.DeadOf = Move(
                command, database["DELETE FROM dead_letters WHERE delivery = ?1 AND replayed_by IS NULL RETURNING consumer, event, attempts, replay_of"]);
        }

        return command.Applied;
    }

    public bool SetConsumer(SetConsumerStateCommand command) =>
        database["UPDATE consumers SET disabled_at = ?2, disabled_reason = ?3 WHERE number = ?1"]
            .Bind(1, command.Consumer).Bind(2, UnixTime.Of(command.DisabledAt)).Bind(3, command.DisabledReason).Run() == 1;

    private WorkItem? Find(RecordId delivery) => ids.Owns(delivery) ? WorkRows.Find(database, ids, delivery) : null;

    /// <returns>The consumer's number, or <see langword="null"/> if there was nothing to delete.</returns>
    private int? Move(DiscardCommand command, Statement delete)
    {
        var deleted = delete.Bind(1, command.Delivery.Key);
        if (!deleted.Step())
        {
            return null;
        }

        var (consumer, eventKey, attempts, replayOf) = (deleted.Int32(0), deleted.Int64(1), deleted.Int64(2), deleted.NullableInt64(3));
        deleted.Run();
        database["INSERT INTO outcomes (delivery, consumer, event, outcome, at, attempts, replay_of) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"]
            .Bind(1, command.Delivery.Key).Bind(2, consumer).Bind(3, eventKey).Bind(4, (int)DeliveryOutcome.Discarded)
            .Bind(5, UnixTime.Of(command.At)).Bind(6, attempts).Bind(7, replayOf).Run();
        return consumer;
    }
}
