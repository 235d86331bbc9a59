using System.Globalization;
using Carrick.Sqlite.Raw;
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
        RefuseNewer(version, store, scripts);
        if (version == Number(scripts[^1].Name))
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
        RefuseNewer(version, store, scripts);
        if (version < Number(scripts[^1].Name))
        {
            throw new StoreException(
                $"The schema of '{store}' has version {version}; this program needs {Number(scripts[^1].Name)}. Run the migrations first.",
                StoreFailure.Configuration);
        }
    }

    private static void RefuseNewer(int version, string store, IReadOnlyList<SqlScript> scripts)
    {
        if (version > Number(scripts[^1].Name))
        {
            throw new StoreException(
                $"The schema of '{store}' has version {version}, newer than this program's {Number(scripts[^1].Name)}. Use a newer program.",
                StoreFailure.Configuration);
        }
    }

    private static int Version(Database database) =>
        database.ReadText($"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '{Journal}'") == "1"
        && database.ReadText($"SELECT max(ScriptName) FROM {Journal}") is { Length: > 0 } newest
            ? Number(newest)
            : 0;

    private static int Number(string script) => int.Parse(script.AsSpan(0, 4), CultureInfo.InvariantCulture);
}
