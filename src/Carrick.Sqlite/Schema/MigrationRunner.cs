using Carrick.Sqlite.Raw;
using Carrick.Storage.Rows;
using DbUp;
using DbUp.Engine;
using DbUp.Sqlite.Helpers;

namespace Carrick.Sqlite.Schema;

/// <summary>
/// Runs the scripts that are missing, all in one <c>BEGIN IMMEDIATE</c> transaction on a connection of ours: of two programs
/// that start at once one waits for the other, and a script that fails leaves nothing behind.
/// </summary>
internal static class MigrationRunner
{
    private const string Journal = "schema_migrations";

    /// <exception cref="StoreException">The schema is newer than this program.</exception>
    public static IReadOnlyList<string> Run(Database database, string store, IReadOnlyList<SqlScript> scripts)
    {
        var version = Version(database);
        SchemaVersion.RefuseNewer(version, store, SchemaVersion.Of(scripts[^1].Name));
        if (version == SchemaVersion.Of(scripts[^1].Name))
        {
            // All run in one transaction, so the newest tells of all. Not asking the runner saves a restart its compilation.
            return [];
        }

        using var connection = new SharedConnection(database.Connection);
        var result = DeployChanges.To.SqliteDatabase(connection)
            .WithScripts(scripts)
            .WithVariablesDisabled()
            .WithTransaction()
            .JournalToSqliteTable(Journal)
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        return result.Successful
            ? [.. result.Scripts.Select(script => script.Name)]
            : throw result.Error;
    }

    /// <summary>Refuses a schema that is not exactly this program's.</summary>
    public static void Verify(Database database, string store, IReadOnlyList<SqlScript> scripts)
    {
        var version = Version(database);
        SchemaVersion.Require(version, store, SchemaVersion.Of(scripts[^1].Name));
    }

    private static int Version(Database database) =>
        database.ReadText($"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '{Journal}'") == "1"
        && database.ReadText($"SELECT max(ScriptName) FROM {Journal}") is { Length: > 0 } newest
            ? SchemaVersion.Of(newest)
            : 0;
}
