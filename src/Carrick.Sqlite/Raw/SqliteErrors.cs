using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Carrick.Sqlite.Raw;

/// <summary>Turns SQLite's result codes into what the engine should do about them.</summary>
internal static class SqliteErrors
{
    public static SqliteException Describe(sqlite3 database, int result) =>
        new(raw.sqlite3_errmsg(database).utf8_to_string(), result & 0xFF, raw.sqlite3_extended_errcode(database));

    /// <summary>
    /// The kind of failure. After a failed read, write or sync the state of the pages is unknown, and damage stays: fatal. What is not surely that or the
    /// command's own data passes or is repaired (permissions, a read-only file system, a lock), so it is tried again.
    /// </summary>
    public static StoreFailure Classify(int code) => (code & 0xFF) switch
    {
        raw.SQLITE_FULL => StoreFailure.Full,
        raw.SQLITE_IOERR or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => StoreFailure.Fatal,
        raw.SQLITE_TOOBIG or raw.SQLITE_CONSTRAINT or raw.SQLITE_MISMATCH or raw.SQLITE_RANGE => StoreFailure.Data,
        _ => StoreFailure.Transient,
    };

    /// <summary>Whether the disk or the memory failed, and not the statement.</summary>
    public static bool IsOfTheDisk(int code) => (code & 0xFF) is raw.SQLITE_FULL or raw.SQLITE_IOERR or raw.SQLITE_NOMEM;

    /// <summary>Wraps an error; SQLite's own message names tables and columns, never values.</summary>
    public static StoreException Wrap(SqliteException error, string store, string action) => new(
        $"SQLite failed to {action} '{store}' (code {error.SqliteErrorCode}, extended {error.SqliteExtendedErrorCode}): {error.Message}",
        Classify(error.SqliteErrorCode),
        error);
}
