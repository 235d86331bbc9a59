using System.Reflection;
using DbUp.Engine;

namespace Carrick.Postgres.Schema;

/// <summary>The scripts of this assembly, in the order of their four-digit numbers.</summary>
internal static class Migrations
{
    private const string Folder = "Carrick.Postgres.Schema.";

    public static IReadOnlyList<SqlScript> All { get; } = Read();

    private static List<SqlScript> Read()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var found = new List<SqlScript>();
        foreach (var resource in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            if (resource.StartsWith(Folder, StringComparison.Ordinal) && resource.EndsWith(".sql", StringComparison.Ordinal))
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
                found.Add(new SqlScript(resource[Folder.Length..^".sql".Length], reader.ReadToEnd()));
            }
        }

        return found;
    }
}
