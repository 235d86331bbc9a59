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

    private readonly Statement _window = database[
        """
        SELECT consumer, integration, message_id, processed_at FROM processed_events
        WHERE (consumer, integration, message_id) > (?1, ?2, ?3) ORDER BY consumer, integration, message_id LIMIT ?4
        """];

    private readonly Statement _delete = database["DELETE FROM processed_events WHERE consumer = ?1 AND integration = ?2 AND message_id = ?3"];

    /// <summary>Deletes what is old in the rows after the cursor: a window by primary key, so that no index by time is paid for on every insert.</summary>
    public LedgerCursor? Prune(LedgerCursor after, DateTimeOffset before, int limit)
    {
        List<LedgerCursor> old = [];
        var last = after;
        var rows = 0;
        var oldest = UnixTime.Of(before);
        _window.Bind(1, after.Consumer).Bind(2, after.Integration).Bind(3, after.MessageId).Bind(4, limit);
        while (_window.Step())
        {
            rows++;
            last = new LedgerCursor(_window.Text(0), _window.Text(1), _window.Text(2));
            if (_window.Int64(3) < oldest)
            {
                old.Add(last);
            }
        }

        foreach (var row in old)
        {
            _delete.Bind(1, row.Consumer).Bind(2, row.Integration).Bind(3, row.MessageId).Run();
        }

        return rows < limit ? null : last;
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
