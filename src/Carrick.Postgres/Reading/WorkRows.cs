using Carrick.Storage;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Reading;

/// <summary>Reads rows of outstanding work.</summary>
internal static class WorkRows
{
    public const string Columns = "consumer, id, event, ordering_key, due_at, attempts, failures, flags, replay_of, shard";

    /// <summary>True for the rows of the shards in the bit mask <c>$1</c>.</summary>
    public const string OfShards = "($1::bigint >> shard) & 1 = 1";

    /// <summary>True for every row. With it a search by id is a seek per consumer in the primary key, which begins with the consumer.</summary>
    public const string OfAnyConsumer = "consumer = ANY(ARRAY(SELECT number FROM ~consumers))";

    public static WorkItem Read(NpgsqlDataReader row, IdSpace ids)
    {
        var due = row.GetInt64(4);
        return new WorkItem
        {
            Consumer = row.GetInt32(0),
            Id = ids.Make(row.GetInt64(1)),
            EventId = ids.Make(row.GetInt64(2)),
            OrderingKey = row.NullableText(3),
            DueAt = due == 0 ? null : UnixTime.From(due),
            Attempts = row.GetInt32(5),
            Failures = row.GetInt32(6),
            Forced = (row.GetInt32(7) & 1) != 0,
            ReplayOf = ids.Make(row.NullableInt64(8)),
            Shard = row.GetInt16(9),
        };
    }
}
