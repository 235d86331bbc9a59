using Carrick.Sqlite.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Writing;

/// <summary>Ends or puts off deliveries. The conditional change of the work row is the fence: no row, no effect.</summary>
internal sealed class WorkWriter(Database database, IdSpace ids)
{
    private readonly Statement _delete = database["DELETE FROM work WHERE consumer = ?1 AND id = ?2"];

    private readonly Statement _putOff = database[
        "UPDATE work SET due_at = ?3, attempts = ?4, failures = ?5, guarded_starts = 0 WHERE consumer = ?1 AND id = ?2"];

    private readonly Statement _recordStart = database[
        "UPDATE work SET guarded_starts = guarded_starts + 1 WHERE consumer = ?1 AND id = ?2 RETURNING guarded_starts"];

    private readonly Statement _insertAttempt = database[
        """
        INSERT INTO attempts (delivery, number, started_at, duration, category, status_code, error, next_due_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """];

    private readonly Statement _insertOutcome = database[
        "INSERT INTO outcomes (delivery, consumer, event, outcome, at, attempts, replay_of) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"];

    // Primary key. A forced replay of an older event lowers nothing.
    private readonly Statement _keepVersion = database[
        """
        INSERT INTO delivered_versions (consumer, subject, version, at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (consumer, subject) DO UPDATE SET version = max(version, excluded.version), at = excluded.at
        """];

    private readonly Statement _insertDeadLetter = database[
        """
        INSERT INTO dead_letters (delivery, consumer, event, integration, type, ordering_key, attempts, category, reason, at, replay_of)
        SELECT ?1, ?2, ?3, coalesce(max(integration), 0), coalesce(max(type), ''), ?4, ?5, ?6, ?7, ?8, ?9 FROM events WHERE id = ?3
        """];

    private readonly Statement _setGate = database[
        "UPDATE consumers SET gate_until = max(coalesce(gate_until, 0), ?2) WHERE number = ?1"];

    private readonly Statement _disable = database[
        "UPDATE consumers SET disabled_at = ?2, disabled_reason = ?3 WHERE number = ?1 AND disabled_at IS NULL"];

    public bool Complete(CompleteCommand command)
    {
        var item = command.Item;
        if (!Delete(command))
        {
            return false;
        }

        InsertAttempt(command);
        _insertOutcome
            .Bind(1, item.Id.Key).Bind(2, item.Consumer).Bind(3, item.EventId.Key).Bind(4, (int)command.Outcome)
            .Bind(5, UnixTime.Of(command.At)).Bind(6, command.Attempt?.Number ?? item.Attempts).Bind(7, item.ReplayOf?.Key).Run();
        if (command.Delivered is { } delivered)
        {
            _keepVersion.Bind(1, item.Consumer).Bind(2, delivered.Subject).Bind(3, delivered.Version).Bind(4, UnixTime.Of(command.At)).Run();
        }

        return true;
    }

    public bool PutOff(RetryCommand command)
    {
        var item = command.Item;
        if (!ids.Owns(item.Id))
        {
            return false;
        }

        if (command.GateUntil is { } gate)
        {
            _setGate.Bind(1, item.Consumer).Bind(2, UnixTime.Due(gate)).Run();
        }

        if (_putOff.Bind(1, item.Consumer).Bind(2, item.Id.Key).Bind(3, UnixTime.Due(command.DueAt)).Bind(4, command.Attempts).Bind(5, command.Failures).Run() == 0)
        {
            return false;
        }

        InsertAttempt(command);
        return true;
    }

    public bool GiveUp(DeadLetterCommand command)
    {
        var item = command.Item;
        if (!Delete(command))
        {
            return false;
        }

        InsertAttempt(command);
        _insertDeadLetter
            .Bind(1, item.Id.Key).Bind(2, item.Consumer).Bind(3, item.EventId.Key).Bind(4, item.OrderingKey)
            .Bind(5, command.Attempt?.Number ?? item.Attempts).Bind(6, (int)command.Category).Bind(7, command.Reason)
            .Bind(8, UnixTime.Of(command.At)).Bind(9, item.ReplayOf?.Key).Run();
        if (command.DisableReason is { } reason)
        {
            _disable.Bind(1, item.Consumer).Bind(2, UnixTime.Of(command.At)).Bind(3, reason).Run();
        }

        return true;
    }

    public bool RecordStart(RecordStartCommand command)
    {
        command.Starts = 0;
        if (!ids.Owns(command.Item.Id) || !_recordStart.Bind(1, command.Item.Consumer).Bind(2, command.Item.Id.Key).Step())
        {
            _recordStart.Reset();
            return false;
        }

        command.Starts = (int)_recordStart.Int64(0);
        _recordStart.Run();
        return true;
    }

    private bool Delete(WorkCommand command) =>
        ids.Owns(command.Item.Id) && _delete.Bind(1, command.Item.Consumer).Bind(2, command.Item.Id.Key).Run() == 1;

    private void InsertAttempt(WorkCommand command)
    {
        if (command.Attempt is { } attempt)
        {
            _insertAttempt
                .Bind(1, command.Item.Id.Key).Bind(2, attempt.Number).Bind(3, UnixTime.Of(attempt.StartedAt))
                .Bind(4, attempt.Duration.Ticks / TimeSpan.TicksPerMicrosecond).Bind(5, (int)attempt.Category)
                .Bind(6, (long?)attempt.StatusCode).Bind(7, attempt.Error)
                .Bind(8, attempt.NextDueAt is { } due ? UnixTime.Due(due) : (long?)null).Run();
        }
    }
}
