using Carrick.Postgres.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Writing;

/// <summary>The rows of a commit's events and their work, by column.</summary>
internal sealed class IngestColumns(int events, int work)
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

    /// <summary>The columns that only <see cref="IngestSql.Keyed"/> has.</summary>
    public static NpgsqlParameter[] Keys(List<NewEvent> events) =>
    [
        P.Texts([.. events.Select(item => StoredText.Write(item.Content.KeyText))]),
        P.Texts([.. events.Select(item => StoredText.Write(item.Content.Key?.EarlierId))]),
        P.NullableInt64s([.. events.Select(item => item.Content.Key?.EarlierHash)]),
        P.NullableInt64s([.. events.Select(item => item.Content.SharedBody)]),
    ];
}
