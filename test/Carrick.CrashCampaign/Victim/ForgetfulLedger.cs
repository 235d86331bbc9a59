using Microsoft.Data.Sqlite;

namespace Carrick.CrashCampaign.Victim;

/// <summary>A trigger that deletes each row of the ledger as it is written. The engine makes the ledger in the first life, so the fault begins with the second.</summary>
internal sealed class ForgetfulLedger(string path)
{
    public async Task PlantAsync()
    {
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM sqlite_schema WHERE name = 'processed_events'";
        if ((long)(await command.ExecuteScalarAsync())! == 0)
        {
            return;
        }

        command.CommandText =
            """
            CREATE TRIGGER IF NOT EXISTS forget AFTER INSERT ON processed_events BEGIN
                DELETE FROM processed_events
                WHERE consumer = new.consumer AND integration = new.integration AND message_id = new.message_id;
            END;
            """;
        await command.ExecuteNonQueryAsync();
    }
}
