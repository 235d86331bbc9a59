namespace Carrick.TestServices.Processes;

/// <summary>Finds executables.</summary>
internal static class Executable
{
    /// <summary>The first folder that has all of them.</summary>
    public static string? FolderOf(IEnumerable<string> folders, params string[] names) =>
        folders.FirstOrDefault(folder => folder.Length > 0 && Array.TrueForAll(names, name => File.Exists(Path.Combine(folder, name))));

    /// <summary>The folders of the <c>PATH</c>.</summary>
    public static IEnumerable<string> SearchPath => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
}
