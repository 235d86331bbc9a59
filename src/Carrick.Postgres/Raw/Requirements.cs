using System.Globalization;
using Npgsql;

namespace Carrick.Postgres.Raw;

/// <summary>What a database must be before anything is written to it. Each refusal says what to do about it.</summary>
internal static class Requirements
{
    private const int OldestVersion = 150_000;

    private const string Server =
        "SELECT pg_backend_pid(), current_setting('server_encoding'), current_setting('server_version_num')::integer, current_setting('server_version')";

    private const string Writable = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'";

    // Days of events are made, attached and dropped by their owner.
    private const string Missing =
        """
        WITH tables AS (
            SELECT c.oid, c.relname::text AS name, c.relkind, pg_has_role(c.relowner, 'USAGE') AS owned
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'S') AND NOT c.relispartition)
        SELECT 'CREATE on the schema', 1 AS rank WHERE NOT coalesce((SELECT has_schema_privilege(oid, 'CREATE') AND has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = $1), true)
        UNION ALL
        SELECT 'ownership of ' || name, 2 FROM tables WHERE relkind = 'p' AND NOT owned
        UNION ALL
        SELECT 'SELECT, INSERT, UPDATE and DELETE on ' || name, 3 FROM tables WHERE relkind IN ('r', 'p') AND NOT (
            has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT') AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))
        UNION ALL
        SELECT 'USAGE, SELECT and UPDATE on ' || name, 4 FROM tables WHERE relkind = 'S' AND NOT (
            has_sequence_privilege(oid, 'USAGE') AND has_sequence_privilege(oid, 'SELECT') AND has_sequence_privilege(oid, 'UPDATE'))
        ORDER BY 2, 1 LIMIT 5
        """;

    /// <summary>Refuses a server whose version or encoding cannot hold what is sent to it; what comes in is Unicode.</summary>
    /// <returns>The number of the process that serves this connection.</returns>
    /// <exception cref="StoreException">It cannot be used.</exception>
    public static async Task<int> ReadBackendAsync(PostgresDatabase database, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Server, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var (encoding, version) = (reader.GetString(1), reader.GetInt32(2));
        if (version < OldestVersion)
        {
            throw Refusal(database, $"the server is PostgreSQL {reader.GetString(3)}, and 15 or newer is needed. Upgrade it");
        }

        if (encoding != "UTF8")
        {
            throw Refusal(
                database,
                $"its encoding is {encoding}, which cannot hold every text that a sender may send; it must be UTF8. Make a new one with 'createdb --encoding=UTF8 --template=template0 NAME', and move what is stored with pg_dump");
        }

        return reader.GetInt32(0);
    }

    /// <summary>Refuses a server that takes no writes now, as a replica does, and one whose disk is full at some hosts.</summary>
    /// <exception cref="StoreException">It cannot be written.</exception>
    public static async Task RequireWritableAsync(PostgresDatabase database, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Writable, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (reader.GetBoolean(0))
        {
            throw Refusal(database, "the server is a replica, which takes no writes. Name the primary in the connection string, or all servers with 'Target Session Attributes=primary'");
        }

        if (reader.GetBoolean(1))
        {
            throw Refusal(
                database, "it is read-only (default_transaction_read_only is on). Some hosts set that when the disk is nearly full: make room, or set it off for the database or the role");
        }
    }

    /// <summary>Refuses a role that may not do what the store does.</summary>
    /// <exception cref="StoreException">Something is missing; the message lists it.</exception>
    public static async Task RequirePermissionsAsync(PostgresDatabase database, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        List<string> missing = [];
        await using (var command = new NpgsqlCommand(Missing, connection) { Parameters = { P.Text(database.Schema.Name) } })
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                missing.Add(reader.GetString(0));
            }
        }

        if (missing.Count > 0)
        {
            throw Refusal(
                database,
                $"the role lacks {string.Join("; ", missing)}. Let the role own the schema '{database.Schema.Name}' and its tables, or grant them");
        }
    }

    private static StoreException Refusal(PostgresDatabase database, string reason) =>
        new(string.Create(CultureInfo.InvariantCulture, $"'{database.Name}' cannot be used: {reason}."), StoreFailure.Configuration);
}
