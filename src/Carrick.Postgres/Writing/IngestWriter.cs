using Carrick.Postgres.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Writing;

/// <summary>
/// Stores the events of all ingest commands of a commit by one statement. The insert of the keys decides which are new; of several
/// with one key the first is. No other transaction inserts keys meanwhile, so what is not new is visible to the statement,
/// unless it stands in the same commit.
/// </summary>
internal sealed class IngestWriter(StoreState state, ChangeWriter changes) : IDisposable
{
    private const string Sql =
        """
        WITH input AS MATERIALIZED (
            SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::bigint[]) AS i (id, integration, message_id, body_hash)),
        fresh AS (
            INSERT INTO ~event_keys (event, integration, message_id, body_hash)
            SELECT id, integration, message_id, body_hash FROM input ORDER BY id
            ON CONFLICT (integration, message_id) DO NOTHING RETURNING event),
        stored AS (
            INSERT INTO ~events (id, integration, message_id, type, subject, content_type, received_at, version, verdict, trace_parent, headers, body)
            SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::bytea[], $13::bytea[])
                AS e (id, integration, message_id, type, subject, content_type, received_at, version, verdict, trace_parent, headers, body)
            WHERE e.id IN (SELECT event FROM fresh)),
        queued AS (
            INSERT INTO ~work (consumer, id, event, ordering_key, shard, handed)
            SELECT consumer, id, event, ordering_key, shard, ($19::bigint >> shard) & 1 = 0
            FROM unnest($14::integer[], $15::bigint[], $16::bigint[], $17::text[], $18::integer[]) AS w (consumer, id, event, ordering_key, shard)
            WHERE event IN (SELECT event FROM fresh))
        SELECT input.id,
            (SELECT event FROM ~event_keys AS k WHERE k.integration = input.integration AND k.message_id = input.message_id),
            (SELECT body_hash FROM ~event_keys AS k WHERE k.integration = input.integration AND k.message_id = input.message_id)
        FROM input WHERE input.id NOT IN (SELECT event FROM fresh)
        """;

    private readonly HeaderCodec _headers = new();
    private readonly Dictionary<long, (long? Event, long? Hash)> _known = [];
    private readonly Dictionary<(int Integration, string MessageId), NewEvent> _firsts = [];

    /// <summary>The statement for these events.</summary>
    public WriteStatement Statement(List<NewEvent> events)
    {
        _known.Clear();
        var work = events.Sum(item => item.Work.Count);
        var columns = new Columns(events.Count, work);
        foreach (var item in events)
        {
            Place(item);
            columns.Add(item, item.Content.Headers.Count == 0 ? null : _headers.Write(item.Content.Headers).ToArray());
        }

        return new WriteStatement(Sql, columns.Parameters(changes.Owned), row => _known.Add(
            row.GetInt64(0), (row.IsDBNull(1) ? null : row.GetInt64(1), row.IsDBNull(2) ? null : row.GetInt64(2))));
    }

    /// <summary>Sets the results.</summary>
    /// <returns>The events whose key came again with another body.</returns>
    public IReadOnlyList<long> Settle(List<NewEvent> events)
    {
        List<long>? conflicts = null;
        _firsts.Clear();
        foreach (var item in events)
        {
            var key = (item.Integration, item.Content.MessageId);
            if (!_known.TryGetValue(item.Id.Key, out var known))
            {
                item.Result = new IngestResult(item.Id, false, false);
                _firsts.Add(key, item);
                continue;
            }

            var (first, hash) = known is { Event: { } stored, Hash: { } storedHash }
                ? (stored, storedHash)
                : (_firsts[key].Id.Key, _firsts[key].BodyHash);
            var conflict = hash != item.BodyHash;
            item.Result = new IngestResult(state.Ids.Make(first), true, conflict);
            if (conflict)
            {
                (conflicts ??= []).Add(first);
            }
        }

        return conflicts ?? [];
    }

    /// <summary>Counts conflicts; an event may be there more than once.</summary>
    public static WriteStatement CountConflicts(IReadOnlyList<long> events) => new(
        """
        UPDATE ~event_keys AS k SET conflicts = k.conflicts + c.times
        FROM (SELECT event, count(*) AS times FROM unnest($1::bigint[]) AS e (event) GROUP BY event) AS c WHERE k.event = c.event
        """,
        [P.Int64s([.. events])],
        null);

    public void Dispose() => _headers.Dispose();

    private void Place(NewEvent item)
    {
        foreach (var work in item.Work)
        {
            work.Shard ??= state.Shards.Next();
            if (!changes.Owns(work.Shard.Value))
            {
                // Also for a duplicate, of which nothing is stored: who is told in vain looks in vain.
                changes.Handed();
            }
        }
    }

    /// <summary>The rows by column.</summary>
    private sealed class Columns(int events, int work)
    {
        private readonly long[] _id = new long[events];
        private readonly int[] _integration = new int[events];
        private readonly string?[] _messageId = new string?[events];
        private readonly long[] _hash = new long[events];
        private readonly string?[] _type = new string?[events];
        private readonly string?[] _subject = new string?[events];
        private readonly string?[] _contentType = new string?[events];
        private readonly long[] _receivedAt = new long[events];
        private readonly long?[] _version = new long?[events];
        private readonly string?[] _verdict = new string?[events];
        private readonly string?[] _traceParent = new string?[events];
        private readonly byte[]?[] _headers = new byte[]?[events];
        private readonly ReadOnlyMemory<byte>[] _body = new ReadOnlyMemory<byte>[events];
        private readonly int[] _consumer = new int[work];
        private readonly long[] _delivery = new long[work];
        private readonly long[] _event = new long[work];
        private readonly string?[] _orderingKey = new string?[work];
        private readonly int[] _shard = new int[work];
        private int _row;
        private int _workRow;

        public void Add(NewEvent item, byte[]? headers)
        {
            var content = item.Content;
            var i = _row++;
            _id[i] = item.Id.Key;
            _integration[i] = item.Integration;
            _messageId[i] = StoredText.Write(content.MessageId);
            _hash[i] = item.BodyHash;
            _type[i] = StoredText.Write(content.Type);
            _subject[i] = StoredText.Write(content.Subject);
            _contentType[i] = StoredText.Write(content.ContentType);
            _receivedAt[i] = UnixTime.Of(item.ReceivedAt);
            _version[i] = content.Version;
            _verdict[i] = StoredText.Write(content.Verdict);
            _traceParent[i] = StoredText.Write(content.TraceParent);
            _headers[i] = headers;
            _body[i] = content.Body;
            foreach (var work in item.Work)
            {
                var j = _workRow++;
                _consumer[j] = work.Consumer;
                _delivery[j] = work.Id.Key;
                _event[j] = item.Id.Key;
                _orderingKey[j] = StoredText.Write(work.OrderingKey);
                _shard[j] = work.Shard!.Value;
            }
        }

        public NpgsqlParameter[] Parameters(ulong owned) =>
        [
            P.Int64s(_id), P.Int32s(_integration), P.Texts(_messageId), P.Int64s(_hash), P.Texts(_type), P.Texts(_subject), P.Texts(_contentType),
            P.Int64s(_receivedAt), P.NullableInt64s(_version), P.Texts(_verdict), P.Texts(_traceParent), P.NullableBytes(_headers), P.Bytes(_body),
            P.Int32s(_consumer), P.Int64s(_delivery), P.Int64s(_event), P.Texts(_orderingKey), P.Int32s(_shard), P.Int64((long)owned),
        ];
    }
}
