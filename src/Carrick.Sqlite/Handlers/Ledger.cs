using Carrick.Handlers;
using Carrick.Sqlite.Raw;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Handlers;

/// <summary>Reads and writes the ledger inside the open savepoint. What was written decides, not what was read before.</summary>
internal sealed class Ledger(Database database)
{
    private readonly Statement _insert = database[
        """
        INSERT INTO processed_events (consumer, integration, message_id, processed_at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (consumer, integration, message_id) DO NOTHING
        """];

    private readonly Statement _raiseVersion = database[
        """
        INSERT INTO processed_versions (consumer, subject, version) VALUES (?1, ?2, ?3)
        ON CONFLICT (consumer, subject) DO UPDATE SET version = excluded.version WHERE excluded.version >= version
        """];

    private readonly Statement _endOfWindow = database[
        """
        SELECT consumer, integration, message_id FROM processed_events
        WHERE (consumer, integration, message_id) > (?1, ?2, ?3) ORDER BY consumer, integration, message_id LIMIT 1 OFFSET ?4
        """];

    private readonly Statement _deleteOld = database[
        """
        DELETE FROM processed_events WHERE (consumer, integration, message_id) > (?1, ?2, ?3) AND processed_at < ?4
            AND (?5 IS NULL OR (consumer, integration, message_id) <= (?5, ?6, ?7))
        """];

    /// <summary>Deletes what is old in the rows after the cursor: a window by primary key, so that no index by time is paid for on every insert.</summary>
    public LedgerCursor? Prune(LedgerCursor after, DateTimeOffset before, int limit)
    {
        _endOfWindow.Bind(1, after.Consumer).Bind(2, after.Integration).Bind(3, after.MessageId).Bind(4, limit - 1);
        LedgerCursor? end = _endOfWindow.Step() ? new LedgerCursor(_endOfWindow.Text(0), _endOfWindow.Text(1), _endOfWindow.Text(2)) : null;
        _endOfWindow.Reset();
        _deleteOld.Bind(1, after.Consumer).Bind(2, after.Integration).Bind(3, after.MessageId).Bind(4, UnixTime.Of(before))
            .Bind(5, end?.Consumer).Bind(6, end?.Integration).Bind(7, end?.MessageId).Run();
        return end;
    }

    public LedgerVerdict Write(LedgerEntry entry)
    {
        var first = _insert.Bind(1, entry.Consumer).Bind(2, entry.Integration).Bind(3, entry.MessageId).Bind(4, UnixTime.Of(entry.At)).Run() == 1;
        if (!first && !entry.Force)
        {
            return LedgerVerdict.AlreadyProcessed;
        }

        return entry is { Subject: { } subject, Version: { } version } && !Raise(entry.Consumer, subject, version) && !entry.Force
            ? LedgerVerdict.Late
            : LedgerVerdict.First;
    }

    private bool Raise(string consumer, string subject, long version) =>
        _raiseVersion.Bind(1, consumer).Bind(2, subject).Bind(3, version).Run() == 1;
}
