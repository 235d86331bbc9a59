using Npgsql;

namespace Carrick.Postgres.Raw;

/// <summary>Turns what PostgreSQL and its driver report into what the engine should do about it.</summary>
internal static class PostgresErrors
{
    /// <summary>Wraps an error. The server's messages name tables, columns and constraints; details, which may hold values, are left out.</summary>
    public static StoreException Wrap(NpgsqlException error, string store, string action) => error is PostgresException answer
        ? new StoreException($"PostgreSQL failed to {action} '{store}' (SQLSTATE {answer.SqlState}): {answer.MessageText}", Classify(answer), error)
        : new StoreException($"The connection to PostgreSQL failed while trying to {action} '{store}': {error.Message}", StoreFailure.Transient, error);

    /// <summary>Whether the error says nothing of the statement, only of the server or the way to it.</summary>
    public static bool IsOfTheServer(NpgsqlException error) =>
        error is not PostgresException answer || Classify(answer) is not StoreFailure.Fatal || answer.SqlState.StartsWith("58", StringComparison.Ordinal);

    /// <summary>The kind of failure; whatever is not known to pass by itself is fatal.</summary>
    private static StoreFailure Classify(PostgresException error) => error.SqlState switch
    {
        PostgresErrorCodes.DiskFull => StoreFailure.Full,
        // Wrong password, no such role, database, schema or table, no permission, read-only server.
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification or PostgresErrorCodes.InvalidCatalogName
            or PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName
            or PostgresErrorCodes.UndefinedColumn or PostgresErrorCodes.ReadOnlySqlTransaction => StoreFailure.Configuration,
        // An fsync that failed makes the server restart and recover by itself, so that nothing is left to decide here.
        _ => error.SqlState[..2] switch
        {
            // Connection, resources, operator intervention, rollback, locks, system error.
            "08" or "53" or "57" or "40" or "55" or "58" or "25" => StoreFailure.Transient,
            _ => StoreFailure.Fatal,
        },
    };
}
