using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Carrick.Sqlite.Raw;

/// <summary>A connection with its prepared statements, by SQL text. Not thread-safe.</summary>
internal sealed class Database : IDisposable
{
    private const int CacheWrites = 9;
    private readonly Dictionary<string, Statement> _statements = new(StringComparer.Ordinal);

    /// <summary>Called before each call that blocks its thread, for a test of which threads those are.</summary>
    public static Action<sqlite3>? Calling { get; set; }

    private Database(SqliteConnection connection) => Connection = connection;

    public SqliteConnection Connection { get; }

    public sqlite3 Handle => Connection.Handle!;

    /// <summary>Whether a transaction is open, also when its statement was plain SQL.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(Handle) == 0;

    /// <summary>Opens the connection and applies <paramref name="settings"/>, PRAGMA statements.</summary>
    public static Database Open(string connectionString, string settings)
    {
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            var database = new Database(connection);
            database.Execute(settings);
            return database;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>The prepared statement for this SQL.</summary>
    public Statement this[string sql]
    {
        get
        {
            if (!_statements.TryGetValue(sql, out var statement))
            {
                statement = new Statement(Handle, sql);
                _statements.Add(sql, statement);
            }

            return statement;
        }
    }

    /// <summary>Ends statements with SQLITE_INTERRUPT as soon as the condition holds: it is asked about every 100 µs while one runs.</summary>
    public void StopWhen(Func<bool> condition)
    {
        const int Instructions = 10_000;
        raw.sqlite3_progress_handler(Handle, Instructions, _ => condition() ? 1 : 0, null);
    }

    /// <summary>Runs SQL that is not worth preparing; several statements are allowed.</summary>
    public void Execute(string sql)
    {
        Calling?.Invoke(Handle);
        using var command = Connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row as text.</summary>
    public string? ReadText(string sql)
    {
        Calling?.Invoke(Handle);
        using var command = Connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()?.ToString();
    }

    /// <summary>Pages this connection has written to the log since it was opened.</summary>
    public long PagesWritten()
    {
        _ = raw.sqlite3_db_status(Handle, CacheWrites, out var pages, out _, 0);
        return pages;
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        Connection.Dispose();
    }
}
