using Carrick.Sqlite.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Writing;

/// <summary>Stores events, their message ids and their work. The unique index on <c>event_keys</c> decides what is a duplicate.</summary>
internal sealed class IngestWriter(Database database, IdSpace ids) : IDisposable
{
    private readonly HeaderCodec _headers = new();

    private readonly Statement _insertKey = database[
        "INSERT INTO event_keys (event, integration, message_id, body_hash) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (integration, message_id) DO NOTHING"];

    private readonly Statement _findKey = database["SELECT event, body_hash FROM event_keys WHERE integration = ?1 AND message_id = ?2"];

    private readonly Statement _countConflict = database["UPDATE event_keys SET conflicts = conflicts + 1 WHERE event = ?1"];

    private readonly Statement _insertEvent = database[
        """
        INSERT INTO events (id, integration, type, message_id, subject, content_type, received_at, version, verdict, trace_parent, headers, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        """];

    private readonly Statement _insertWork = database["INSERT INTO work (consumer, id, event, ordering_key) VALUES (?1, ?2, ?3, ?4)"];

    public void Apply(IngestCommand command)
    {
        for (var i = 0; i < command.Events.Count; i++)
        {
            var item = command.Events[i];
            item.Result = Insert(item) ? new IngestResult(item.Id, false, false) : Duplicate(item);
        }
    }

    public void Dispose() => _headers.Dispose();

    private bool Insert(NewEvent item)
    {
        var content = item.Content;
        if (_insertKey.Bind(1, item.Id.Key).Bind(2, item.Integration).Bind(3, content.MessageId).Bind(4, item.BodyHash).Run() == 0)
        {
            return false;
        }

        _insertEvent
            .Bind(1, item.Id.Key).Bind(2, item.Integration).Bind(3, content.Type).Bind(4, content.MessageId)
            .Bind(5, content.Subject).Bind(6, content.ContentType).Bind(7, UnixTime.Of(item.ReceivedAt)).Bind(8, content.Version)
            .Bind(9, content.Verdict).Bind(10, content.TraceParent).BindBlob(12, content.Body.Span);
        _ = content.Headers.Count == 0 ? _insertEvent.BindNull(11) : _insertEvent.BindBlob(11, _headers.Write(content.Headers));
        _insertEvent.Run();
        for (var i = 0; i < item.Work.Count; i++)
        {
            var work = item.Work[i];
            _insertWork.Bind(1, work.Consumer).Bind(2, work.Id.Key).Bind(3, item.Id.Key).Bind(4, work.OrderingKey).Run();
        }

        return true;
    }

    private IngestResult Duplicate(NewEvent item)
    {
        _findKey.Bind(1, item.Integration).Bind(2, item.Content.MessageId).Step();
        var key = _findKey.Int64(0);
        var conflict = _findKey.Int64(1) != item.BodyHash;
        _findKey.Reset();
        if (conflict)
        {
            _countConflict.Bind(1, key).Run();
        }

        return new IngestResult(ids.Make(key), true, conflict);
    }
}
