using Carrick.Storage;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Reading;

/// <summary>Reads replay jobs.</summary>
internal static class ReplayRows
{
    public const string Columns = "id, filter, rate_per_second, force, actor, reason, state, total, replayed, cursor, created_at, ended_at";

    public static ReplayJob Read(NpgsqlDataReader row, IdSpace ids)
    {
        var cursor = row.GetInt64(9);
        return new ReplayJob
        {
            Id = ids.Make(row.GetInt64(0)),
            Filter = ReplayFilterDocument.Read(row.Text(1)),
            RatePerSecond = row.NullableInt32(2),
            Force = row.GetBoolean(3),
            Actor = row.Text(4),
            Reason = row.NullableText(5),
            State = (ReplayState)row.GetInt32(6),
            Total = row.GetInt64(7),
            Replayed = row.GetInt64(8),
            Cursor = cursor == 0 ? RecordId.None : ids.Make(cursor),
            CreatedAt = UnixTime.From(row.GetInt64(10)),
            EndedAt = UnixTime.From(row.NullableInt64(11)),
        };
    }
}
