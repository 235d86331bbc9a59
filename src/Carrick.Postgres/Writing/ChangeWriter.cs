using Carrick.Postgres.Nodes;
using Carrick.Postgres.Raw;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Rows;

namespace Carrick.Postgres.Writing;

/// <summary>
/// Gathers what a transaction does that concerns other nodes, writes it in the same transaction, and has them told when it is committed. It also knows
/// which shards are this node's while the commands of a commit are applied: a command may change that for those behind it.
/// </summary>
internal sealed class ChangeWriter(StoreState state, PostgresDatabase database, long node)
{
    // The ids come after all that the transaction has given, so that whoever reads on from there finds all of it.
    private const string Insert =
        """
        INSERT INTO ~changes (id, node, kind, shard, consumer, record, due_at, attempts, count, ordering_key)
        SELECT nextval('~ids'), $1, kind, shard, consumer, record, due_at, attempts, count, ordering_key
        FROM unnest($2::integer[], $3::integer[], $4::integer[], $5::bigint[], $6::bigint[], $7::integer[], $8::integer[], $9::text[])
            WITH ORDINALITY AS c (kind, shard, consumer, record, due_at, attempts, count, ordering_key, position)
        ORDER BY position
        RETURNING id
        """;

    private readonly List<Row> _rows = [];
    private bool _hasHanded;
    private bool _hasNodes;

    public long Node => node;

    /// <summary>The shards of this node at this point of the transaction.</summary>
    public ulong Owned { get; set; }

    /// <summary>The newest id given to a change, or 0.</summary>
    public long Newest { get; private set; }

    public void Begin()
    {
        _rows.Clear();
        (_hasHanded, _hasNodes, Newest, Owned) = (false, false, 0, state.Shards.Owned);
    }

    public bool Owns(int shard) => ShardSet.Contains(Owned, shard);

    /// <summary>Work was placed in a shard of another node.</summary>
    public void Handed() => _hasHanded = true;

    /// <summary>Shards have come or gone.</summary>
    public void NodesChanged() => _hasNodes = true;

    /// <summary>An operator changed a delivery; nothing to tell if it is this node's.</summary>
    public void Of(ChangeKind kind, WorkItem was)
    {
        if (!Owns(was.Shard))
        {
            _rows.Add(new Row(kind, was.Shard, was.Consumer, was.Id.Key, was.DueAt is { } due ? UnixTime.Due(due) : 0, was.Attempts, null, was.OrderingKey));
        }
    }

    /// <summary>Dead letters are gone; nothing to tell if they are this node's.</summary>
    public void DeadLeft(int shard, int consumer, int count)
    {
        if (!Owns(shard))
        {
            _rows.Add(new Row(ChangeKind.DeadLeft, shard, consumer, null, null, null, count, null));
        }
    }

    public void OfConsumer(int consumer) => _rows.Add(new Row(ChangeKind.Consumer, null, consumer, null, null, null, null, null));

    public void OfAll(ChangeKind kind) => _rows.Add(new Row(kind, null, null, null, null, null, null, null));

    /// <summary>What is to be written yet, to be sent with the last statements of the transaction.</summary>
    public IEnumerable<WriteStatement> Statements()
    {
        if (_rows.Count > 0)
        {
            yield return new WriteStatement(
                Insert,
                [
                    P.Int64(node),
                    P.Int32s([.. _rows.Select(row => (int)row.Kind)]),
                    P.NullableInt32s([.. _rows.Select(row => row.Shard)]),
                    P.NullableInt32s([.. _rows.Select(row => row.Consumer)]),
                    P.NullableInt64s([.. _rows.Select(row => row.Record)]),
                    P.NullableInt64s([.. _rows.Select(row => row.DueAt)]),
                    P.NullableInt32s([.. _rows.Select(row => row.Attempts)]),
                    P.NullableInt32s([.. _rows.Select(row => row.Count)]),
                    P.Texts([.. _rows.Select(row => StoredText.Write(row.OrderingKey))]),
                ],
                row => Newest = Math.Max(Newest, row.GetInt64(0)));
        }

        if (_rows.Count > 0 || _hasHanded)
        {
            yield return Tell('w');
        }

        if (_hasNodes)
        {
            yield return Tell('n');
        }

        _rows.Clear();
        (_hasHanded, _hasNodes) = (false, false);
    }

    private WriteStatement Tell(char what)
    {
        var (sql, parameters) = NodeSql.Notify(database.Schema, what, node);
        return new WriteStatement(sql, parameters, static _ => { });
    }

    private sealed record Row(ChangeKind Kind, int? Shard, int? Consumer, long? Record, long? DueAt, int? Attempts, int? Count, string? OrderingKey);
}
