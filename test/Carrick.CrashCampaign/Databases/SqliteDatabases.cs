using System.Data.Common;
using Carrick.CrashCampaign.Victim;
using Carrick.Handlers;
using Carrick.Hosting;
using Microsoft.Data.Sqlite;

namespace Carrick.CrashCampaign.Databases;

/// <summary>Files in the campaign's directory.</summary>
internal sealed class SqliteDatabases(VictimSettings settings) : VictimDatabases
{
    public override IReadOnlyList<string> EffectPlaces => [.. new[] { PlaceOf(VictimSettings.Ledger), PlaceOf(VictimSettings.Audit) }.Distinct()];

    public override void Use(CarrickBuilder carrick)
    {
        carrick.UseSqlite($"Data Source={settings.StorePath}");
        if (settings.Handlers != HandlerPlace.Own)
        {
            carrick.UseEngineDatabaseForHandlers();
        }
    }

    public override IHandlerDatabase MakeOwn() => Make(carrick => carrick.UseSqliteHandlerDatabase($"Data Source={settings.OwnPath}"));

    public override DbConnection OpenStore() => Open(settings.StorePath, SqliteOpenMode.ReadOnly);

    public override DbConnection OpenEffects(string place) => Open(place, SqliteOpenMode.ReadWriteCreate);

    public override string PlaceOf(string consumer) =>
        settings.Sabotage == Sabotage.BookOutside ? Path.Combine(settings.Directory, "outside.db")
        : settings.Handlers == HandlerPlace.Engine || (settings.Handlers == HandlerPlace.Both && consumer == VictimSettings.Ledger) ? settings.StorePath
        : settings.OwnPath;

    public override async Task CreateTablesAsync()
    {
        Directory.CreateDirectory(settings.Directory);
        foreach (var place in EffectPlaces)
        {
            await ExecuteAsync(
                OpenEffects(place),
                """
                PRAGMA journal_mode = WAL;
                CREATE TABLE IF NOT EXISTS effects (
                    row      INTEGER PRIMARY KEY AUTOINCREMENT,
                    consumer TEXT NOT NULL,
                    message  TEXT NOT NULL,
                    subject  TEXT NOT NULL,
                    sequence INTEGER NOT NULL,
                    body     TEXT NOT NULL
                );
                """);
        }
    }

    private static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }
}
