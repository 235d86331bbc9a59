using System.Globalization;
using Carrick.Postgres.Raw;
using DbUp;
using DbUp.Engine;
using DbUp.Postgresql;
using Npgsql;

namespace Carrick.Postgres.Schema;

/// <summary>
/// Runs the scripts that are missing, all in one transaction, while a transaction on another connection holds the schema's lock:
/// of several nodes that start at once one runs them and the others wait. That lock ends with its transaction, so it works through a pooler.
/// </summary>
internal static class MigrationRunner
{
    private const string Journal = "schema_migrations";

    /// <exception cref="StoreException">The schema is newer than this program.</exception>
    public static async Task<IReadOnlyList<string>> RunAsync(
        PostgresDatabase database, long lockKey, IReadOnlyList<SqlScript> scripts, CancellationToken cancellationToken)
    {
        await using var holder = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var transaction = await holder.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(holder, "SELECT pg_advisory_xact_lock($1)", cancellationToken, P.Int64(lockKey)).ConfigureAwait(false);
        var version = await VersionAsync(database, holder, cancellationToken).ConfigureAwait(false);
        RefuseNewer(version, database.Name, scripts);
        if (version == Number(scripts[^1].Name))
        {
            return [];
        }

        await using var source = database.CreateSource();
        await using (var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false))
        {
            await ExecuteAsync(connection, $"CREATE SCHEMA IF NOT EXISTS {database.Schema.Name}", cancellationToken).ConfigureAwait(false);
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

    /// <summary>Refuses a schema that is not exactly this program's.</summary>
    public static async Task VerifyAsync(PostgresDatabase database, NpgsqlConnection connection, IReadOnlyList<SqlScript> scripts, CancellationToken cancellationToken)
    {
        var version = await VersionAsync(database, connection, cancellationToken).ConfigureAwait(false);
        RefuseNewer(version, database.Name, scripts);
        if (version < Number(scripts[^1].Name))
        {
            throw new StoreException(
                $"The schema of '{database.Name}' has version {version}; this program needs {Number(scripts[^1].Name)}. Run the migrations first.",
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

    private static async Task<int> VersionAsync(PostgresDatabase database, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand("SELECT to_regclass($1) IS NOT NULL", connection) { Parameters = { P.Text($"{database.Schema.Name}.{Journal}") } };
        if (await exists.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is not true)
        {
            return 0;
        }

        await using var newest = new NpgsqlCommand($"SELECT max(scriptname) FROM {database.Schema.Name}.{Journal}", connection);
        return await newest.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is string { Length: > 0 } name ? Number(name) : 0;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddRange(parameters);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static int Number(string script) => int.Parse(script.AsSpan(0, 4), CultureInfo.InvariantCulture);
}
