using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Carrick.Storage.Rows;

namespace Carrick.Sqlite.Reading;

/// <summary>Reads replay jobs.</summary>
internal static class ReplayRows
{
    public const string Columns = "id, filter, rate_per_second, force, actor, reason, state, total, replayed, cursor, created_at, ended_at";

    public static IReadOnlyList<ReplayJob> Read(Statement row, IdSpace ids)
    {
        var jobs = new List<ReplayJob>();
        while (row.Step())
        {
            jobs.Add(new ReplayJob
            {
                Id = ids.Make(row.Int64(0)),
                Filter = ReplayFilterDocument.Read(row.Text(1)),
                RatePerSecond = (int?)row.NullableInt64(2),
                Force = row.Int64(3) != 0,
                Actor = row.Text(4),
                Reason = row.NullableText(5),
                State = (ReplayState)row.Int32(6),
                Total = row.Int64(7),
                Replayed = row.Int64(8),
                Cursor = row.Int64(9) == 0 ? RecordId.None : ids.Make(row.Int64(9)),
                CreatedAt = UnixTime.From(row.Int64(10)),
                EndedAt = UnixTime.From(row.NullableInt64(11)),
            });
        }

        return jobs;
    }
}
