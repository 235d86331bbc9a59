using Npgsql;

namespace Carrick.Postgres.Raw;

/// <summary>Turns what PostgreSQL and its driver report into what the engine should do about it.</summary>
internal static class PostgresErrors
{
    // PostgreSQL, appendix A; the driver has no name for it.
    private const string IdleInTransactionTimeout = "25P03";

    /// <summary>Whether it is the driver's way of saying that the connection or the server failed. When it cannot write while it reads, it may take its buffer away
    /// from under itself.</summary>
    public static bool IsOfTheDriver(Exception error) => error is NpgsqlException or NullReferenceException { Source: "Npgsql" };

    /// <summary>Wraps an error of the driver. The server's messages name tables, columns and constraints; details, which may hold values, are left out.</summary>
    public static StoreException Wrap(Exception error, string store, string action) => error is PostgresException answer
        ? new StoreException($"PostgreSQL failed to {action} '{store}' (SQLSTATE {answer.SqlState}): {answer.MessageText}", Classify(answer), error)
        : new StoreException($"The connection to PostgreSQL failed while trying to {action} '{store}': {error.Message}", StoreFailure.Transient, error);

    /// <summary>Whether the connection is lost or the server is in trouble, whatever the statement was: everybody would meet the same error.
    /// A wrong statement, a deadlock, a lock that is not free or a statement's time limit are the caller's own.</summary>
    public static bool IsOfTheServer(Exception error) =>
        error is not PostgresException answer || IsEndOfSession(answer) || answer.SqlState[..2] is "08" or "53" or "58" or "XX";

    /// <summary>Whether the server has ended the session: shutdown, crash of another backend, a session that stood still for too long.</summary>
    public static bool IsEndOfSession(PostgresException error) =>
        error.SqlState.StartsWith("57P", StringComparison.Ordinal) || error.SqlState == IdleInTransactionTimeout;

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
