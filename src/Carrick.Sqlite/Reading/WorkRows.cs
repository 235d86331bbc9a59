using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Reading;

/// <summary>Reads rows of outstanding work.</summary>
internal static class WorkRows
{
    public const string Columns = "consumer, id, event, ordering_key, due_at, attempts, failures, flags, replay_of";

    // Primary key, a seek per consumer.
    private const string One = $"SELECT {Columns} FROM work WHERE consumer IN (SELECT number FROM consumers) AND id = ?1";

    public static WorkItem? Find(Database database, IdSpace ids, RecordId delivery) =>
        Read(database[One].Bind(1, delivery.Key), ids) is [var item, ..] ? item : null;

    /// <summary>Consumers with outstanding work: one seek of the primary key for each.</summary>
    public static List<int> Busy(Database database)
    {
        var busy = new List<int>();
        var next = database["SELECT min(consumer) FROM work WHERE consumer > ?1"];
        for (var consumer = next.Bind(1, 0).Scalar(); consumer is { } number; consumer = next.Bind(1, number).Scalar())
        {
            busy.Add((int)number);
        }

        return busy;
    }

    public static IReadOnlyList<WorkItem> Read(Statement row, IdSpace ids)
    {
        var items = new List<WorkItem>();
        while (row.Step())
        {
            var due = row.Int64(4);
            items.Add(new WorkItem
            {
                Consumer = row.Int32(0),
                Id = ids.Make(row.Int64(1)),
                EventId = ids.Make(row.Int64(2)),
                OrderingKey = row.NullableText(3),
                DueAt = due == 0 ? null : UnixTime.From(due),
                Attempts = row.Int32(5),
                Failures = row.Int32(6),
                Forced = (row.Int32(7) & 1) != 0,
                ReplayOf = ids.Make(row.NullableInt64(8)),
            });
        }

        return items;
    }
}
