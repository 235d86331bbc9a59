using Carrick.Postgres.Raw;
using Carrick.Postgres.Reading;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Writing;

/// <summary>Reads what other nodes have committed since the last commit of this one, under the lock that keeps them from committing more.</summary>
/// <param name="state">The ids.</param>
/// <param name="node">This node, whose own changes are no news.</param>
/// <param name="shards">Its shards.</param>
/// <param name="known">The newest id that it knows of.</param>
internal sealed class NewsReader(StoreState state, long node, ulong shards, long known)
{
    private const string Handed = $"SELECT {WorkRows.Columns} FROM ~work WHERE handed AND id > $1 AND ($2::bigint >> shard) & 1 = 1 ORDER BY id";

    // The row of a requeued delivery as it is now: there is more in it than in the change. A delivery that is newer than what is known was never told of.
    private const string Changed =
        """
        SELECT c.kind, c.consumer, c.record, c.due_at, c.attempts, c.count, c.shard, c.ordering_key,
            w.id, w.event, w.flags, w.replay_of, w.failures, k.disabled_at, k.disabled_reason, k.gate_until
        FROM ~changes AS c
        LEFT JOIN ~work AS w ON c.kind = 1 AND w.consumer = c.consumer AND w.id = c.record
        LEFT JOIN ~consumers AS k ON c.kind = 4 AND k.number = c.consumer
        WHERE c.id > $1 AND c.node <> $3 AND (c.shard IS NULL OR ($2::bigint >> c.shard) & 1 = 1) AND (c.kind > 2 OR c.record <= $1)
        ORDER BY c.id
        """;

    private readonly List<WorkItem> _handed = [];
    private readonly List<Change> _changes = [];

    /// <summary>What was read, or <see langword="null"/> if nothing.</summary>
    public News? News => _handed.Count + _changes.Count == 0 ? null : new News(_handed, _changes);

    /// <summary>Whether names have got numbers.</summary>
    public bool HasNames { get; private set; }

    public IEnumerable<WriteStatement> Statements()
    {
        yield return new WriteStatement(Handed, [P.Int64(known), P.Int64((long)shards)], row => _handed.Add(WorkRows.Read(row, state.Ids)));
        yield return new WriteStatement(Changed, [P.Int64(known), P.Int64((long)shards), P.Int64(node)], ReadChange);
    }

    private void ReadChange(NpgsqlDataReader row)
    {
        var kind = (ChangeKind)row.GetInt16(0);
        var consumer = row.IsDBNull(1) ? 0 : row.GetInt32(1);
        var change = new Change(kind) { Consumer = consumer };
        switch (kind)
        {
            case ChangeKind.Requeued when !row.IsDBNull(8):
                _changes.Add(change with { Was = Was(row, consumer) });
                break;
            case ChangeKind.Requeued:
                // It has ended since.
                break;
            case ChangeKind.Discarded:
                _changes.Add(change with { Was = Was(row, consumer) });
                break;
            case ChangeKind.DeadLeft:
                _changes.Add(change with { Count = row.GetInt32(5) });
                break;
            case ChangeKind.Consumer:
                _changes.Add(change with
                {
                    State = new ConsumerState(consumer, UnixTime.From(row.NullableInt64(13)), row.NullableText(14), UnixTime.From(row.NullableInt64(15))),
                });
                break;
            case ChangeKind.Names:
                HasNames = true;
                break;
            default:
                _changes.Add(change);
                break;
        }
    }

    private WorkItem Was(NpgsqlDataReader row, int consumer)
    {
        var due = row.GetInt64(3);
        return new WorkItem
        {
            Id = state.Ids.Make(row.GetInt64(2)),
            Consumer = consumer,
            EventId = row.IsDBNull(9) ? RecordId.None : state.Ids.Make(row.GetInt64(9)),
            OrderingKey = row.NullableText(7),
            DueAt = due == 0 ? null : UnixTime.From(due),
            Attempts = row.GetInt32(4),
            Failures = row.IsDBNull(12) ? 0 : row.GetInt32(12),
            Forced = !row.IsDBNull(10) && (row.GetInt16(10) & 1) != 0,
            ReplayOf = state.Ids.Make(row.NullableInt64(11)),
            Shard = row.GetInt16(6),
        };
    }
}
