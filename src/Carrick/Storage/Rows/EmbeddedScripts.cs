using System.Reflection;

namespace Carrick.Storage.Rows;

/// <summary>The SQL scripts of a store's assembly, in the order of their four-digit numbers.</summary>
internal static class EmbeddedScripts
{
    /// <param name="assembly">The store's.</param>
    /// <param name="folder">The prefix of their names, with a full stop at its end.</param>
    public static IReadOnlyList<(string Name, string Text)> Read(Assembly assembly, string folder)
    {
        var found = new List<(string Name, string Text)>();
        foreach (var resource in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            if (resource.StartsWith(folder, StringComparison.Ordinal) && resource.EndsWith(".sql", StringComparison.Ordinal))
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
                found.Add((resource[folder.Length..^".sql".Length], reader.ReadToEnd()));
            }
        }

        return found;
    }
}
