using System.Data.Common;
using Carrick.Testing.History;

namespace Carrick.CrashCampaign.Export;

/// <summary>Writes the effects that handlers have booked, in the order of their rows.</summary>
internal static class EffectExport
{
    public static void Write(DbConnection connection, HistoryWriter history)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT consumer, row, message, subject, sequence, body FROM effects ORDER BY row";
        using var row = command.ExecuteReader();
        while (row.Read())
        {
            history.Write(new Effect(row.GetString(0), row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetInt64(4)) { Body = row.GetString(5) });
        }
    }
}
