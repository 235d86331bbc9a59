using System.Globalization;
using Carrick.TestServices.Processes;

namespace Carrick.TestServices.Postgres;

/// <summary>Where <c>initdb</c> and <c>postgres</c> are: Debian's newest, or what <c>pg_config</c> says, or in the <c>PATH</c>.</summary>
internal static class PostgresBinaries
{
    private const string Debian = "/usr/lib/postgresql";

    public static string InitDb => Path.Combine(Folder.Value, "initdb");

    public static string Postgres => Path.Combine(Folder.Value, "postgres");

    public static string Dump => Path.Combine(Folder.Value, "pg_dump");

    public static string Restore => Path.Combine(Folder.Value, "pg_restore");

    private static Lazy<string> Folder { get; } = new(() => Executable.FolderOf(Candidates(), "initdb", "postgres")
        ?? throw new InvalidOperationException("PostgreSQL is not installed, and these tests start one: apt-get install postgresql"));

    private static IEnumerable<string> Candidates()
    {
        var versions = Directory.Exists(Debian) ? Directory.GetDirectories(Debian) : [];
        foreach (var version in versions.OrderByDescending(path => double.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var number) ? number : 0))
        {
            yield return Path.Combine(version, "bin");
        }

        yield return Tool.TryRun("pg_config", "--bindir")?.Trim() ?? "";
        foreach (var folder in Executable.SearchPath)
        {
            yield return folder;
        }
    }
}
