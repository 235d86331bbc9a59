using Carrick.Retry;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Reading;

/// <summary>Reads attempts.</summary>
internal static class AttemptRows
{
    public const string Columns = "number, started_at, duration, category, status_code, error, next_due_at";

    public static AttemptRecord Read(NpgsqlDataReader row) => new()
    {
        Number = row.GetInt32(0),
        StartedAt = UnixTime.From(row.GetInt64(1)),
        Duration = TimeSpan.FromTicks(row.GetInt64(2) * TimeSpan.TicksPerMicrosecond),
        Category = (FailureCategory)row.GetInt32(3),
        StatusCode = row.NullableInt32(4),
        Error = row.NullableText(5),
        NextDueAt = UnixTime.From(row.NullableInt64(6)),
    };
}
