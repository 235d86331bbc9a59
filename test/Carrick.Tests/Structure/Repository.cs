using System.IO.Enumeration;
using System.Reflection;

namespace Carrick.Tests.Structure;

/// <summary>The working copy that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The entries of the root that git would track: all but what <c>.gitignore</c> names.</summary>
    public static IReadOnlyList<string> RootEntries()
    {
        var ignored = File.ReadAllLines(Path.Combine(Root, ".gitignore"))
            .Select(line => line.Trim().Trim('/'))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Append(".git")
            .ToArray();
        return [.. Directory.EnumerateFileSystemEntries(Root)
            .Select(path => Path.GetFileName(path)!)
            .Where(name => !Array.Exists(ignored, pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)))
            .Where(name => !IsEmptyFolder(Path.Combine(Root, name)))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Files under a folder of the repository, as paths with forward slashes from the root; build output and packages left out.</summary>
    public static IEnumerable<string> Files(string folder, string pattern)
    {
        var start = Path.Combine(Root, folder);
        return !Directory.Exists(start) ? [] : Directory.EnumerateFiles(start, pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or "node_modules" or "artifacts" or "StrykerOutput"))
            .Order(StringComparer.Ordinal);
    }

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

    /// <summary>The names of the projects in <c>src</c>; each is the name of its assembly.</summary>
    public static IReadOnlyList<string> Projects() =>
        [.. Files("src", "*.csproj").Select(path => Path.GetFileNameWithoutExtension(path)!)];

    /// <summary>The assemblies of <c>src</c>. The test project must reference each, or its structure is not checked.</summary>
    public static IReadOnlyList<Assembly> Assemblies() => [.. Projects().Select(Assembly.Load)];

    private static bool IsEmptyFolder(string path) =>
        Directory.Exists(path) && !Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Any();

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Carrick.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Carrick.slnx above {AppContext.BaseDirectory}: run the tests from a working copy.");
    }
}
