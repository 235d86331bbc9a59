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

    /// <summary>Wraps an error of the driver. The server's messages name tables, columns and constraints; details, which may hold values, are left out. Of a refused value
    /// the message may quote the value itself, so only names are told of it, and the server's own error is not kept.</summary>
    public static StoreException Wrap(Exception error, string store, string action) => error switch
    {
        PostgresException answer when Classify(answer) == StoreFailure.Data =>
            new StoreException($"PostgreSQL refuses a value while trying to {action} '{store}' (SQLSTATE {answer.SqlState}{Place(answer)}).", StoreFailure.Data),
        PostgresException answer =>
            new StoreException($"PostgreSQL failed to {action} '{store}' (SQLSTATE {answer.SqlState}): {answer.MessageText}", Classify(answer), error),
        _ => new StoreException($"The connection to PostgreSQL failed while trying to {action} '{store}': {error.Message}", StoreFailure.Transient, error),
    };

    /// <summary>Whether the connection is lost or the server is in trouble, whatever the statement was: everybody would meet the same error.
    /// A wrong statement, a deadlock, a lock that is not free or a statement's time limit are the caller's own.</summary>
    public static bool IsOfTheServer(Exception error) => error is not PostgresException answer || IsEndOfSession(answer)
        || answer.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction || Class(answer) is "08" or "53" or "58" or "XX";

    /// <summary>Whether the server has ended the session: shutdown, crash of another backend, a session that was idle in a transaction for too long.</summary>
    public static bool IsEndOfSession(PostgresException error) =>
        error.SqlState.StartsWith("57P", StringComparison.Ordinal) || error.SqlState == IdleInTransactionTimeout;

    /// <summary>Whether the server refuses a value, so that the same statement would fail again, and one without the value would not.</summary>
    public static bool IsOfTheData(Exception error) => error is PostgresException answer && Classify(answer) == StoreFailure.Data;

    /// <summary>
    /// What to do about a SQLSTATE (PostgreSQL, appendix A). What is not surely damage or data is <see cref="StoreFailure.Transient"/>: permissions are granted
    /// again, read-only servers become writable, passwords and tables come back, and until then the node refuses and says so.
    /// </summary>
    public static StoreFailure Classify(string sqlState) => sqlState switch
    {
        PostgresErrorCodes.DiskFull => StoreFailure.Full,
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted => StoreFailure.Fatal,
        // Cardinality, data exception, integrity constraint, program limit (an index row that is too long), WITH CHECK, an error that a trigger raises.
        _ => (sqlState.Length < 2 ? "" : sqlState[..2]) switch
        {
            "21" or "22" or "23" or "44" or "54" or "P0" => StoreFailure.Data,
            _ => StoreFailure.Transient,
        },
    };

    // A row for which there is no partition has this code and names no constraint: the partition is made again, and the row is stored.
    private static StoreFailure Classify(PostgresException error) =>
        error.SqlState == PostgresErrorCodes.CheckViolation && string.IsNullOrEmpty(error.ConstraintName) ? StoreFailure.Transient : Classify(error.SqlState);

    private static string Place(PostgresException error) => string.Concat(
        new[] { ("table", error.TableName), ("column", error.ColumnName), ("constraint", error.ConstraintName), ("type", error.DataTypeName) }
            .Where(part => !string.IsNullOrEmpty(part.Item2)).Select(part => $", {part.Item1} {part.Item2}"));

    private static string Class(PostgresException error) => error.SqlState.Length < 2 ? "" : error.SqlState[..2];
}
