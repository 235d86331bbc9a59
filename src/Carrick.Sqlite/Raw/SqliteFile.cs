using Microsoft.Data.Sqlite;

namespace Carrick.Sqlite.Raw;

/// <summary>Where a database is, and how it is opened.</summary>
internal sealed class SqliteFile
{
    private static readonly Version Oldest = new(3, 51, 3);
    private readonly SqliteConnectionStringBuilder _builder;

    /// <exception cref="ArgumentException">The connection string names no file.</exception>
    public SqliteFile(string connectionString)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(connectionString);
        _builder = new SqliteConnectionStringBuilder(connectionString) { Pooling = false };
        if (_builder.DataSource is "" or ":memory:" || _builder.Mode == SqliteOpenMode.Memory
            || _builder.DataSource.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
        {
            throw new ArgumentException("The connection string must name a database file: 'Data Source=carrick.db'.", nameof(connectionString));
        }

        Path = System.IO.Path.GetFullPath(_builder.DataSource);
        _builder.DataSource = Path;
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    public string LogPath => Path + "-wal";

    /// <summary>A name without a path or credentials.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>The connection string of the file beside this one for handlers: <c>x.db</c> gives <c>x.handlers.db</c>.</summary>
    public string ForHandlers() => new SqliteConnectionStringBuilder(_builder.ConnectionString)
    {
        DataSource = System.IO.Path.ChangeExtension(Path, ".handlers" + System.IO.Path.GetExtension(Path)),
    }.ConnectionString;

    public string ConnectionString(bool readOnly) => new SqliteConnectionStringBuilder(_builder.ConnectionString)
    {
        Mode = readOnly ? SqliteOpenMode.ReadOnly : SqliteOpenMode.ReadWriteCreate,
    }.ConnectionString;

    public void CreateDirectory() => Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);

    /// <summary>Opens a connection for writing: write-ahead log, full durability, both asserted.</summary>
    /// <exception cref="StoreException">SQLite is too old, or does not take the settings.</exception>
    public Database OpenWriter(string settings)
    {
        var database = Database.Open(
            ConnectionString(readOnly: false),
            $"PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; PRAGMA mmap_size = 0; {settings}");
        try
        {
            Require(Version.Parse(database.Connection.ServerVersion) >= Oldest, $"SQLite {database.Connection.ServerVersion} can damage its log; {Oldest} or newer is needed");
            Require(database.ReadText("PRAGMA journal_mode") == "wal", "journal_mode is not WAL");
            Require(database.ReadText("PRAGMA synchronous") == "2", "synchronous is not FULL");
            Require(
                database.ReadText("PRAGMA encoding") == "UTF-8",
                "its encoding is not UTF-8, which is chosen when a file is made and cannot be changed. Let Carrick make the file, or run 'PRAGMA encoding = \"UTF-8\"' first on an empty one");
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    private void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new StoreException($"'{Name}' cannot be used: {problem}.", StoreFailure.Configuration);
        }
    }
}
