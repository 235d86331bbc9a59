using Carrick.Sqlite;
using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carrick.Tests.Stores;

public sealed class SqliteHarness : StoreHarness
{
    public SqliteHarness() => Directory.CreateDirectory(Folder);

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public string DatabasePath => Path.Combine(Folder, "carrick.db");

    public string ConnectionString => $"Data Source={DatabasePath}";

    public override IStore Create(TimeProvider time) => new SqliteStore(new SqliteFile(ConnectionString), time, NullLogger.Instance);

    public override IStore CreateAlmostFull(TimeProvider time, int kilobytes)
    {
        var pages = Convert.ToInt64(Scalar("PRAGMA page_count"), null) + (kilobytes / 4);
        return new SqliteStore(new SqliteFile(ConnectionString), time, NullLogger.Instance, $"PRAGMA max_page_count = {pages};");
    }

    public override StoreHarness CopyAsAfterCrash()
    {
        var copy = new SqliteHarness();
        File.Copy(DatabasePath, copy.DatabasePath);
        if (File.Exists(DatabasePath + "-wal"))
        {
            File.Copy(DatabasePath + "-wal", copy.DatabasePath + "-wal");
        }

        return copy;
    }

    public override void TakeOver() => Scalar("UPDATE leases SET epoch = epoch + 1 RETURNING epoch");

    public override void MakeSchemaNewer() => Scalar("INSERT INTO schema_migrations (ScriptName, Applied) VALUES ('9999_later', 0) RETURNING ScriptName");

    public object? Scalar(string sql)
    {
        using var connection = new SqliteConnection(ConnectionString + ";Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    public override ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
