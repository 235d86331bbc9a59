using System.Globalization;
using Carrick.Diagnostics;
using Carrick.Server.Config;
using Carrick.Server.Serve;
using Microsoft.Data.Sqlite;

namespace Carrick.Server.Cli.Doctor;

/// <summary>What can be looked at without a server. Nothing is changed but for a small file that is written and deleted.</summary>
internal static class LocalChecks
{
    private const long LeastFreeBytes = 1L << 30;
    private static readonly Version OldestSqlite = new(3, 51, 3);

    public static IEnumerable<DoctorCheck> Run(ServerSettings settings, Func<string, string?> environment)
    {
        yield return Configuration(settings, environment);
        yield return Data(settings);
        yield return Space(settings);
        yield return Sqlite();
        yield return Database(settings);
    }

    private static DoctorCheck Configuration(ServerSettings settings, Func<string, string?> environment)
    {
        if (settings.ConfigFile is not { } file)
        {
            return DoctorCheck.Skip("configuration", "no file is named; the server opens the one applied last");
        }

        try
        {
            var result = ConfigParser.Parse(LocalFile.ReadBytes(file, ConfigLimits.MaxBytes), file, environment);
            return result.Document is { } document
                ? DoctorCheck.Ok("configuration", ConfigReport.Summary(document))
                : DoctorCheck.Fail("configuration", $"{result.Errors.Count} errors; the first: {result.Errors[0]}", $"Run 'carrick validate {NameText.Shown(file, "FILE")}'.");
        }
        catch (CliException exception)
        {
            return DoctorCheck.Fail("configuration", exception.Message, exception.Failure.Remedy ?? "Name another file with --config.");
        }
    }

    private static DoctorCheck Data(ServerSettings settings)
    {
        if (!Directory.Exists(settings.DataDirectory))
        {
            return DoctorCheck.Skip("data directory", "it does not exist yet; 'carrick serve' makes it");
        }

        try
        {
            DataDirectory.Probe(settings.DataDirectory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return DoctorCheck.Fail("data directory", "it cannot be written", "Check its owner and the free space.");
        }

        const UnixFileMode Others = UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        return !OperatingSystem.IsWindows() && (File.GetUnixFileMode(settings.DataDirectory) & Others) != 0
            ? DoctorCheck.Fail("data directory", "other users can open it", "Run chmod 700 on it.")
            : DoctorCheck.Ok("data directory", "writable");
    }

    private static DoctorCheck Space(ServerSettings settings)
    {
        var path = Path.GetPathRoot(settings.DataDirectory)!;
        var drive = DriveInfo.GetDrives()
            .Where(candidate => settings.DataDirectory.StartsWith(candidate.RootDirectory.FullName, StringComparison.Ordinal))
            .MaxBy(candidate => candidate.RootDirectory.FullName.Length) ?? new DriveInfo(path);
        var free = drive.AvailableFreeSpace;
        var text = string.Create(CultureInfo.InvariantCulture, $"{free / (double)(1L << 30):F1} GiB free");
        return free < LeastFreeBytes ? DoctorCheck.Fail("disk space", text, "Free space; without it new events are refused.") : DoctorCheck.Ok("disk space", text);
    }

    private static DoctorCheck Sqlite()
    {
        using var connection = new SqliteConnection("Data Source=:memory:");
        connection.Open();
        return Version.TryParse(connection.ServerVersion, out var version) && version >= OldestSqlite
            ? DoctorCheck.Ok("SQLite", connection.ServerVersion)
            : DoctorCheck.Fail("SQLite", $"{connection.ServerVersion} is too old", $"Use {OldestSqlite} or newer; older ones can damage the log.");
    }

    private static DoctorCheck Database(ServerSettings settings)
    {
        if (settings.ConnectionString is not null || !File.Exists(settings.DatabasePath))
        {
            return DoctorCheck.Skip("database", "there is none in the data directory");
        }

        try
        {
            var text = new SqliteConnectionStringBuilder { DataSource = settings.DatabasePath, Mode = SqliteOpenMode.ReadOnly, Pooling = false };
            using var connection = new SqliteConnection(text.ConnectionString);
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA journal_mode";
            var mode = command.ExecuteScalar() as string;
            return mode == "wal"
                ? DoctorCheck.Ok("database", "write-ahead log; the server asserts synchronous=FULL when it opens the file")
                : DoctorCheck.Fail("database", $"journal_mode is {mode}", "Start the server once; it sets the mode.");
        }
        catch (SqliteException)
        {
            return DoctorCheck.Fail("database", "it cannot be read", "Check its owner; restore a backup if it is damaged.");
        }
    }
}
