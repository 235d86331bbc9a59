using System.Data.Common;
using Carrick.Testing.History;

namespace Carrick.CrashCampaign.Export;

/// <summary>Writes what the engine's database holds, read with plain SQL: the engine's own code has no part in it.</summary>
internal sealed class StoreExport
{
    private readonly DbConnection _connection;
    private readonly HistoryWriter _history;
    private readonly ulong _idLow;

    private StoreExport(DbConnection connection, HistoryWriter history)
    {
        _connection = connection;
        _history = history;
        _idLow = (ulong)Read("SELECT value FROM meta WHERE name = 'id_low'", row => row.GetInt64(0)).Single();
    }

    public static void Write(DbConnection connection, HistoryWriter history)
    {
        var store = new StoreExport(connection, history);
        store.WriteStore();
    }

    private void WriteStore()
    {
        Export(
            "SELECT events.id, integrations.name, events.message_id, events.verdict IS NULL FROM events JOIN integrations ON integrations.number = events.integration",
            row => new StoredEvent(Id(row, 0, IdPrefix.Event), row.GetString(1), row.GetString(2), row.GetBoolean(3)));
        Export(
            """
            SELECT work.id, work.event, consumers.name, work.attempts, work.due_at, work.replay_of, work.flags
            FROM work JOIN consumers ON consumers.number = work.consumer
            """,
            row => Delivery(row, DeliveryStanding.Outstanding) with
            {
                DueAt = row.GetInt64(4) == 0 ? null : Time(row, 4),
                Replay = !row.IsDBNull(5),
                Forced = row.GetInt64(6) != 0,
            });
        Export(
            """
            SELECT outcomes.delivery, outcomes.event, consumers.name, outcomes.attempts, outcomes.outcome, outcomes.replay_of
            FROM outcomes JOIN consumers ON consumers.number = outcomes.consumer
            """,
            row => Delivery(row, Standing(row.GetInt32(4))) with { Replay = !row.IsDBNull(5) });
        Export(
            """
            SELECT dead_letters.delivery, dead_letters.event, consumers.name, dead_letters.attempts, dead_letters.category, dead_letters.reason,
                   dead_letters.replay_of, dead_letters.replayed_by
            FROM dead_letters JOIN consumers ON consumers.number = dead_letters.consumer
            """,
            row => Delivery(row, DeliveryStanding.Dead) with
            {
                Poison = row.GetInt32(4) == (int)Retry.FailureCategory.Poison,
                Reason = row.GetString(5),
                Replay = !row.IsDBNull(6),
                Replayed = !row.IsDBNull(7),
            });
        Export(
            "SELECT delivery, number, started_at, duration, category, status_code, error, next_due_at FROM attempts",
            row => new StoredAttempt(
                Id(row, 0, IdPrefix.Delivery),
                row.GetInt32(1),
                Time(row, 2)!.Value,
                TimeSpan.FromMicroseconds(row.GetInt64(3)),
                row.GetInt32(4) == (int)Retry.FailureCategory.None,
                row.IsDBNull(5) ? null : row.GetInt32(5),
                row.IsDBNull(6) ? null : row.GetString(6),
                Time(row, 7))
            {
                Throttled = row.GetInt32(4) == (int)Retry.FailureCategory.Throttled,
                Final = row.GetInt32(4) is (int)Retry.FailureCategory.Permanent or (int)Retry.FailureCategory.Gone or (int)Retry.FailureCategory.Poison,
            });
    }

    private StoredDelivery Delivery(DbDataReader row, DeliveryStanding standing) =>
        new(Id(row, 0, IdPrefix.Delivery), Id(row, 1, IdPrefix.Event), row.GetString(2), standing, row.GetInt32(3));

    private string Id(DbDataReader row, int column, string prefix) => RecordId.FromKey(row.GetInt64(column), _idLow).ToString(prefix);

    private static DateTimeOffset? Time(DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));

    private static DeliveryStanding Standing(int outcome) => outcome switch
    {
        2 => DeliveryStanding.Skipped,
        3 => DeliveryStanding.Discarded,
        _ => DeliveryStanding.Succeeded,
    };

    private void Export(string sql, Func<DbDataReader, HistoryRecord> read)
    {
        foreach (var line in Read(sql, read))
        {
            _history.Write(line);
        }
    }

    private IEnumerable<T> Read<T>(string sql, Func<DbDataReader, T> read)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            yield return read(row);
        }
    }
}
