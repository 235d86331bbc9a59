using System.Globalization;
using Carrick.TestServices.Processes;
using Npgsql;

namespace Carrick.TestServices.Postgres;

/// <summary>
/// A tablespace on a small file system of its own. Tables in it get SQLSTATE 53100 from a disk that really is full, while the server's own disk, with
/// its log, has room. Needs the right to mount.
/// </summary>
public sealed class SmallTablespace : IDisposable
{
    private const int Megabytes = 64;

    private readonly string _connectionString;
    private readonly string _path;

    private SmallTablespace(string connectionString, string path)
    {
        _connectionString = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;
        (_path, Name) = (path, "small_" + Path.GetFileName(path).Replace('.', '_'));
    }

    public string Name { get; }

    /// <summary>Makes one, or <see langword="null"/> where mounting is not allowed.</summary>
    public static SmallTablespace? TryMount(PostgresServer server)
    {
        var path = Path.Combine(server.Folder, Path.GetRandomFileName());
        Directory.CreateDirectory(path);
        if (!OperatingSystem.IsLinux() || Tool.TryRun("mount", "-t", "tmpfs", "-o", Size(Megabytes * 1024L), "carrick-test", path) is null)
        {
            Directory.Delete(path);
            return null;
        }

        var tablespace = new SmallTablespace(server.ConnectionString, path);
        ServiceFolder.Give(path);
        tablespace.Execute($"CREATE TABLESPACE {tablespace.Name} LOCATION '{path}'");
        return tablespace;
    }

    /// <summary>Moves the tables of a schema here and leaves them about that much room. Nobody else may use them meanwhile.</summary>
    /// <remarks>
    /// Each table that is no partition keeps a page with room for a few rows, as one does that has been in use, so that small transactions still
    /// succeed when large ones fail. Values are not compressed, or many would fit.
    /// </remarks>
    public void Fill(string schema, int kilobytes)
    {
        Execute(SmallTablespaceSql.Move(schema, Name));
        Execute(SmallTablespaceSql.TakePages(schema));
        var disk = new DriveInfo(_path);
        Tool.Run("mount", "-o", "remount," + Size(((disk.TotalSize - disk.TotalFreeSpace) / 1024) + kilobytes), _path);
    }

    /// <summary>As much room as in the beginning.</summary>
    public void MakeRoom() => Tool.Run("mount", "-o", "remount," + Size(Megabytes * 1024L), _path);

    /// <summary>Removes it. There must be no more tables in it.</summary>
    public void Dispose()
    {
        try
        {
            Execute($"DROP TABLESPACE {Name}");
        }
        finally
        {
            Tool.Run("umount", "-l", _path);
            Directory.Delete(_path);
        }
    }

    private static string Size(long kilobytes) => string.Create(CultureInfo.InvariantCulture, $"size={kilobytes}k");

    private void Execute(string sql)
    {
        using var connection = new NpgsqlConnection(_connectionString);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
