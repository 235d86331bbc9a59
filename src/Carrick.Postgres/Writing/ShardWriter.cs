using Carrick.Postgres.Nodes;
using Carrick.Postgres.Raw;
using Carrick.Postgres.Reading;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Postgres.Writing;

/// <summary>Shards come and go by commits, with what is in them counted in the same transaction: no work is added meanwhile.</summary>
internal sealed class ShardWriter(ChangeWriter changes)
{
    private const string Fence = $"DELETE FROM ~nodes AS n WHERE id = ANY ($1) AND id <> $2 AND {NodeSql.IsDead} RETURNING id";

    private const string Take =
        """
        UPDATE ~leases AS l SET node = $1, epoch = epoch + 1
        WHERE (($2::bigint >> shard) & 1 = 1 AND NOT EXISTS (SELECT 1 FROM ~nodes AS n WHERE n.id = l.node)) OR (($3::bigint >> shard) & 1 = 1 AND node = $1)
        RETURNING shard
        """;

    public bool Acquire(WriteTransaction transaction, AcquireShardsCommand command)
    {
        command.Forget();
        command.Fenced = transaction.List(Fence, row => row.GetInt64(0), P.Int64s([.. command.Fence]), P.Int64(changes.Node));
        var taken = transaction
            .List(Take, row => row.GetInt32(0), P.Int64(changes.Node), P.Int64((long)command.Take), P.Int64((long)(command.Recover & ~changes.Owned)))
            .Aggregate(0UL, (all, shard) => all | ShardSet.Mask(shard));
        command.Taken = taken;
        changes.Owned |= taken;
        if (taken != 0)
        {
            command.Depths = Count(transaction, taken, null);
            command.States = States(transaction, null);
        }

        changes.NodesChanged();
        return true;
    }

    public bool Release(WriteTransaction transaction, ReleaseShardsCommand command)
    {
        command.Depths = Count(transaction, command.Shards, null);
        transaction.Run("UPDATE ~leases SET node = NULL WHERE node = $1 AND ($2::bigint >> shard) & 1 = 1", P.Int64(changes.Node), P.Int64((long)command.Shards));
        changes.Owned &= ~command.Shards;
        changes.NodesChanged();
        return true;
    }

    public bool Count(WriteTransaction transaction, CountDepthsCommand command)
    {
        command.Depths = Count(transaction, changes.Owned, command.Consumers);
        command.States = States(transaction, command.Consumers);
        return true;
    }

    private static List<ConsumerState> States(WriteTransaction transaction, IReadOnlyCollection<int>? consumers) => transaction.List(
        "SELECT number, disabled_at, disabled_reason, gate_until FROM ~consumers WHERE $1::integer[] IS NULL OR number = ANY ($1)",
        row => new ConsumerState(row.GetInt32(0), UnixTime.From(row.NullableInt64(1)), row.NullableText(2), UnixTime.From(row.NullableInt64(3))),
        P.Int32s(consumers is null ? null : [.. consumers]));

    private static Dictionary<int, ConsumerDepth> Count(WriteTransaction transaction, ulong shards, IReadOnlyCollection<int>? consumers) => transaction.List(
        $"{PostgresWorkReader.Counts} HAVING $2::integer[] IS NULL OR consumer = ANY ($2)",
        row => KeyValuePair.Create(row.GetInt32(0), new ConsumerDepth(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3))),
        P.Int64((long)shards),
        P.Int32s(consumers is null ? null : [.. consumers])).ToDictionary();
}
