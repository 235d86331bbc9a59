using System.Globalization;
using Carrick.TestServices.Processes;
using Npgsql;

namespace Carrick.TestServices.Postgres;

/// <summary>Backups as an operator makes them, with the server's own tools.</summary>
public static class PostgresBackup
{
    /// <summary><c>pg_dump</c> of the database to a file, while it is in use.</summary>
    public static void Dump(PostgresServer server, string file) =>
        Tool.Run([PostgresBinaries.Dump, "--format=custom", "--file", file, "--dbname", Address(server.ConnectionString)]);

    /// <summary><c>pg_restore</c> into a database that it makes.</summary>
    /// <returns>The connection string of that database.</returns>
    public static async Task<string> RestoreAsync(PostgresServer server, string file, string database, CancellationToken cancellationToken = default)
    {
        await using (var connection = new NpgsqlConnection(server.ConnectionString))
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand($"CREATE DATABASE {database}", connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        var restored = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = database }.ConnectionString;
        Tool.Run([PostgresBinaries.Restore, "--exit-on-error", "--dbname", Address(restored), file]);
        return restored;
    }

    private static string Address(string connectionString)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        return string.Create(CultureInfo.InvariantCulture, $"host={settings.Host} port={settings.Port} dbname={settings.Database} user={settings.Username}");
    }
}
