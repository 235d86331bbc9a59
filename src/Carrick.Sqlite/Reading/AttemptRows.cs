using Carrick.Retry;
using Carrick.Sqlite.Raw;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Reading;

/// <summary>Reads attempts.</summary>
internal static class AttemptRows
{
    public static IReadOnlyList<AttemptRecord> Read(Database database, IdSpace ids, RecordId delivery)
    {
        var attempts = new List<AttemptRecord>();
        if (!ids.Owns(delivery))
        {
            return attempts;
        }

        var row = database[
            "SELECT number, started_at, duration, category, status_code, error, next_due_at FROM attempts WHERE delivery = ?1 ORDER BY number LIMIT 1000"]
            .Bind(1, delivery.Key);
        while (row.Step())
        {
            attempts.Add(new AttemptRecord
            {
                Number = row.Int32(0),
                StartedAt = UnixTime.From(row.Int64(1)),
                Duration = TimeSpan.FromTicks(row.Int64(2) * TimeSpan.TicksPerMicrosecond),
                Category = (FailureCategory)row.Int32(3),
                StatusCode = (int?)row.NullableInt64(4),
                Error = row.NullableText(5),
                NextDueAt = UnixTime.From(row.NullableInt64(6)),
            });
        }

        return attempts;
    }
}
