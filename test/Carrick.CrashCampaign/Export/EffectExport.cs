using Carrick.Testing.History;
using Microsoft.Data.Sqlite;

namespace Carrick.CrashCampaign.Export;

/// <summary>Writes the effects that handlers have booked, in the order of their rows.</summary>
internal static class EffectExport
{
    public static void Write(string path, HistoryWriter history)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT consumer, row, message, subject, sequence, body FROM effects ORDER BY row";
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            history.Write(new Effect(row.GetString(0), row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetInt64(4)) { Body = row.GetString(5) });
        }
    }
}
