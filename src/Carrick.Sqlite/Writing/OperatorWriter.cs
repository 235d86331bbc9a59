using Carrick.Sqlite.Raw;
using Carrick.Storage.Commands;

namespace Carrick.Sqlite.Writing;

/// <summary>What operators do to single deliveries and consumers. Work is found by a seek per consumer: it has no index by id alone.</summary>
internal sealed class OperatorWriter(Database database, IdSpace ids)
{
    public bool Requeue(RequeueCommand command) => ids.Owns(command.Delivery)
        && database["UPDATE work SET due_at = 0 WHERE consumer IN (SELECT number FROM consumers) AND id = ?1"]
            .Bind(1, command.Delivery.Key).Run() == 1;

    public bool Discard(DiscardCommand command) => ids.Owns(command.Delivery)
        && (Move(command, "DELETE FROM work WHERE consumer IN (SELECT number FROM consumers) AND id = ?1 RETURNING consumer, event, attempts, replay_of")
            || Move(command, "DELETE FROM dead_letters WHERE delivery = ?1 AND replayed_by IS NULL RETURNING consumer, event, attempts, replay_of"));

    public bool SetConsumer(SetConsumerStateCommand command) =>
        database["UPDATE consumers SET disabled_at = ?2, disabled_reason = ?3, gate_until = ?4 WHERE number = ?1"]
            .Bind(1, command.State.Number).Bind(2, UnixTime.Of(command.State.DisabledAt)).Bind(3, command.State.DisabledReason)
            .Bind(4, command.State.GateUntil is { } gate ? UnixTime.Due(gate) : (long?)null).Run() == 1;

    private bool Move(DiscardCommand command, string delete)
    {
        var deleted = database[delete].Bind(1, command.Delivery.Key);
        if (!deleted.Step())
        {
            return false;
        }

        var (consumer, eventKey, attempts, replayOf) = (deleted.Int64(0), deleted.Int64(1), deleted.Int64(2), deleted.NullableInt64(3));
        deleted.Run();
        database["INSERT INTO outcomes (delivery, consumer, event, outcome, at, attempts, replay_of) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"]
            .Bind(1, command.Delivery.Key).Bind(2, consumer).Bind(3, eventKey).Bind(4, (int)DeliveryOutcome.Discarded)
            .Bind(5, UnixTime.Of(command.At)).Bind(6, attempts).Bind(7, replayOf).Run();
        return true;
    }
}
