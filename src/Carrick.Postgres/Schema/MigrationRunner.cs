using System.Globalization;
using Carrick.Postgres.Raw;
using Carrick.Storage.Rows;
using DbUp;
using DbUp.Engine;
using DbUp.Postgresql;
using Npgsql;

namespace Carrick.Postgres.Schema;

/// <summary>
/// Runs the scripts that are missing, all in one transaction, while a transaction on another connection holds the schema's lock:
/// of several nodes that start at once one runs them and the others wait. That lock ends with its transaction, so it works through a pooler.
/// A script that leaves programs of an older schema working beside those of its own says so in <c>meta</c>, by
/// <c>INSERT INTO ~meta VALUES ('schema 2 serves', 1)</c> in script 2 if programs of script 1 can go on. They may then be started again too; of what no script says so they refuse.
/// </summary>
internal static class MigrationRunner
{
    private const string Journal = "schema_migrations";

    /// <exception cref="StoreException">The schema is newer than this program.</exception>
    public static async Task<IReadOnlyList<string>> RunAsync(
        PostgresDatabase database, long lockKey, IReadOnlyList<SqlScript> scripts, CancellationToken cancellationToken)
    {
        await using var holder = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (await VersionAsync(database, holder, scripts, cancellationToken).ConfigureAwait(false) == SchemaVersion.Of(scripts[^1].Name))
        {
            // Without the lock, which an owner that stands still may hold: opening the store ends that one, and not a start that has nothing to migrate.
            return [];
        }

        await Requirements.RequireWritableAsync(database, holder, cancellationToken).ConfigureAwait(false);
        await using var transaction = await holder.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await holder.ExecuteAsync("SELECT pg_advisory_xact_lock($1)", cancellationToken, P.Int64(lockKey)).ConfigureAwait(false);
        var version = await VersionAsync(database, holder, scripts, cancellationToken).ConfigureAwait(false);
        SchemaVersion.RefuseNewer(version, database.Name, SchemaVersion.Of(scripts[^1].Name));
        if (version == SchemaVersion.Of(scripts[^1].Name))
        {
            return [];
        }

        await using var source = database.CreateSource();
        await using (var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false))
        {
            await connection.ExecuteAsync($"CREATE SCHEMA IF NOT EXISTS {database.Schema.Name}", cancellationToken).ConfigureAwait(false);
        }

        var result = DeployChanges.To.PostgresqlDatabase(new PostgresqlConnectionManager(source))
            .WithScripts(scripts.Select(script => new SqlScript(script.Name, database.Sql(script.Contents))))
            .WithVariablesDisabled()
            .WithTransaction()
            .JournalToPostgresqlTable(database.Schema.Name, Journal)
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        return result.Successful
            ? [.. result.Scripts.Select(script => script.Name)]
            : throw result.Error;
    }

    /// <summary>Refuses a schema that is neither this program's nor a newer one that serves it.</summary>
    public static async Task VerifyAsync(PostgresDatabase database, NpgsqlConnection connection, IReadOnlyList<SqlScript> scripts, CancellationToken cancellationToken)
    {
        var version = await VersionAsync(database, connection, scripts, cancellationToken).ConfigureAwait(false);
        SchemaVersion.Require(version, database.Name, SchemaVersion.Of(scripts[^1].Name));
    }

    /// <returns>The newest script that has run; this program's own if that is a newer one which serves it.</returns>
    private static async Task<int> VersionAsync(
        PostgresDatabase database, NpgsqlConnection connection, IReadOnlyList<SqlScript> scripts, CancellationToken cancellationToken)
    {
        if (await connection.ScalarAsync("SELECT to_regclass($1) IS NOT NULL", cancellationToken, P.Text($"{database.Schema.Name}.{Journal}")).ConfigureAwait(false) is not true
            || await connection.ScalarAsync(database.Sql($"SELECT max(scriptname) FROM ~{Journal}"), cancellationToken).ConfigureAwait(false) is not string { Length: > 0 } name)
        {
            return 0;
        }

        var (version, own) = (SchemaVersion.Of(name), SchemaVersion.Of(scripts[^1].Name));
        if (version <= own)
        {
            return version;
        }

        var serves = await connection.ScalarAsync(
            database.Sql("SELECT value FROM ~meta WHERE name = $1"), cancellationToken, P.Text(string.Create(CultureInfo.InvariantCulture, $"schema {version} serves"))).ConfigureAwait(false);
        return serves is long oldest && oldest <= own ? own : version;
    }
}
