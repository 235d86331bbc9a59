using Carrick.Sqlite.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Writing;

/// <summary>Stores events, their keys and their work. The unique index on <c>event_keys</c> decides what is a duplicate.</summary>
internal sealed class IngestWriter(Database database, IdSpace ids) : IDisposable
{
    private readonly HeaderCodec _headers = new();

    private readonly Statement _insertKey = database[
        "INSERT INTO event_keys (event, integration, message_id, body_hash, shared_body) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (integration, message_id) DO NOTHING"];

    private readonly Statement _findKey = database["SELECT event, body_hash FROM event_keys WHERE integration = ?1 AND message_id = ?2"];

    private readonly Statement _countConflict = database["UPDATE event_keys SET conflicts = conflicts + 1 WHERE event = ?1"];

    // The unique index: keys of a schema in which the message id alone counted.
    private readonly Statement _findPlainKey = database["SELECT event FROM event_keys WHERE integration = ?1 AND message_id = ?2 AND body_hash = ?3 AND event <= ?4"];

    // Index event_keys_shared_body.
    private readonly Statement _findSharedBody = database[
        "SELECT event FROM event_keys WHERE integration = ?1 AND shared_body = ?2 AND event < ?3 ORDER BY event LIMIT 1"];

    private readonly Statement _insertEvent = database[
        """
        INSERT INTO events (id, integration, type, message_id, subject, content_type, received_at, version, verdict, trace_parent, headers, body, deduplication_key)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
        """];

    private readonly Statement _insertWork = database["INSERT INTO work (consumer, id, event, ordering_key) VALUES (?1, ?2, ?3, ?4)"];

    // 0 where no such key is left.
    private readonly long _plainKeysTo = database["SELECT value FROM meta WHERE name = 'plain_keys_to' AND value >= (SELECT min(event) FROM event_keys)"].Scalar() ?? 0;

    public void Apply(IngestCommand command)
    {
        for (var i = 0; i < command.Events.Count; i++)
        {
            var item = command.Events[i];
            item.Result = FindPlain(item) is { } known ? new IngestResult(ids.Make(known), true, false)
                : Insert(item) ? new IngestResult(item.Id, false, false) { PossibleReplayOf = ids.Make(FindSharedBody(item)) }
                : Duplicate(item);
        }
    }

    public void Dispose() => _headers.Dispose();

    private bool Insert(NewEvent item)
    {
        var content = item.Content;
        if (_insertKey.Bind(1, item.Id.Key).Bind(2, item.Integration).Bind(3, content.KeyText).Bind(4, item.BodyHash).Bind(5, item.Content.SharedBody).Run() == 0)
        {
            return false;
        }

        _insertEvent
            .Bind(1, item.Id.Key).Bind(2, item.Integration).Bind(3, content.Type).Bind(4, content.MessageId)
            .Bind(5, content.Subject).Bind(6, content.ContentType).Bind(7, UnixTime.Of(item.ReceivedAt)).Bind(8, content.Version)
            .Bind(9, content.Verdict).Bind(10, content.TraceParent).BindBlob(12, content.Body.Span).Bind(13, item.Content.StoredKey);
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
        _findKey.Bind(1, item.Integration).Bind(2, item.Content.KeyText).Step();
        var key = _findKey.Int64(0);
        var conflict = _findKey.Int64(1) != item.BodyHash;
        _findKey.Reset();
        if (conflict)
        {
            _countConflict.Bind(1, key).Run();
        }

        return new IngestResult(ids.Make(key), true, conflict);
    }

    private long? FindPlain(NewEvent item) => _plainKeysTo > 0 && item.Content.Key is { EarlierId: { } id } key
        ? _findPlainKey.Bind(1, item.Integration).Bind(2, id).Bind(3, key.EarlierHash).Bind(4, _plainKeysTo).Scalar()
        : null;

    private long? FindSharedBody(NewEvent item) => item.Content.SharedBody is { } body
        ? _findSharedBody.Bind(1, item.Integration).Bind(2, body).Bind(3, item.Id.Key).Scalar()
        : null;
}
