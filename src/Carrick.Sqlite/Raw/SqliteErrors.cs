using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Carrick.Sqlite.Raw;

/// <summary>Turns SQLite's result codes into what the engine should do about them.</summary>
internal static class SqliteErrors
{
    public static SqliteException Describe(sqlite3 database, int result) =>
        new(raw.sqlite3_errmsg(database).utf8_to_string(), result & 0xFF, raw.sqlite3_extended_errcode(database));

    /// <summary>The kind of failure; whatever is not known to pass by itself is fatal.</summary>
    public static StoreFailure Classify(int code) => (code & 0xFF) switch
    {
        raw.SQLITE_FULL => StoreFailure.Full,
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_INTERRUPT or raw.SQLITE_NOMEM => StoreFailure.Transient,
        raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY or raw.SQLITE_PERM or raw.SQLITE_AUTH => StoreFailure.Configuration,
        _ => StoreFailure.Fatal,
    };

    /// <summary>Whether the disk or the memory failed, and not the statement.</summary>
    public static bool IsOfTheDisk(int code) => (code & 0xFF) is raw.SQLITE_FULL or raw.SQLITE_IOERR or raw.SQLITE_NOMEM;

    /// <summary>Wraps an error; SQLite's own message names tables and columns, never values.</summary>
    public static StoreException Wrap(SqliteException error, string store, string action) => new(
        $"SQLite failed to {action} '{store}' (code {error.SqliteErrorCode}, extended {error.SqliteExtendedErrorCode}): {error.Message}",
        Classify(error.SqliteErrorCode),
        error);
}
