using System.Text.RegularExpressions;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Assembly = System.Reflection.Assembly;

namespace Carrick.Tests.Structure;

/// <summary>
/// Which feature folder of a project uses which, read from the compiled types; their folders are where the sources declare them.
/// Public types of a folder are its contract; internal ones are a node of their own, <c>Folder.internal</c>. Builder verbs in a feature's folder
/// belong to composition, which is the folder Hosting.
/// </summary>
internal static partial class FeatureFolders
{
    /// <summary>The edges between the top-level folders of a project, each with one example.</summary>
    public static IReadOnlyDictionary<(string From, string To), string> Uses(Assembly assembly, string project) =>
        Uses(assembly, Declarations(assembly, project));

    /// <summary>The edges between the folders to which the map assigns types (by full name, <c>+</c> for nesting left out).</summary>
    public static IReadOnlyDictionary<(string From, string To), string> Uses(Assembly assembly, IReadOnlyDictionary<string, string> folders)
    {
        var edges = new Dictionary<(string, string), string>();
        foreach (var type in Load(assembly, folders).Types)
        {
            if (!folders.TryGetValue(Outermost(type.FullName), out var from))
            {
                continue;
            }

            foreach (var used in type.Dependencies.Select(dependency => Outermost(dependency.Target.FullName)).Distinct())
            {
                if (folders.TryGetValue(used, out var to) && to != from)
                {
                    edges.TryAdd((from, to), $"{Outermost(type.FullName)} uses {used}");
                }
            }
        }

        return edges;
    }

    // Only the namespaces of interest: a whole test assembly takes seconds.
    private static Architecture Load(Assembly assembly, IReadOnlyDictionary<string, string> folders)
    {
        var loader = new ArchLoader();
        foreach (var space in folders.Keys.Select(name => name[..name.LastIndexOf('.')]).Distinct())
        {
            loader = loader.LoadNamespacesWithinAssembly(assembly, space);
        }

        return loader.Build();
    }

    public static IReadOnlyList<string> Of(string project) =>
        [.. Repository.Files("src/" + project, "*.cs").Select(path => path.Split('/')).Where(parts => parts.Length > 3).Select(parts => parts[2]).Distinct()];

    private static Dictionary<string, string> Declarations(Assembly assembly, string project)
    {
        var contracts = assembly.GetExportedTypes().Select(type => Outermost(type.FullName!)).ToHashSet(StringComparer.Ordinal);
        var nodes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Repository.Files("src/" + project, "*.cs").Where(path => path.Split('/').Length > 3))
        {
            var text = Repository.Read(path);
            var space = Namespace().Match(text).Groups["name"].Value;
            var folder = space is "Carrick.Hosting" or "Microsoft.Extensions.DependencyInjection" ? "Hosting" : path.Split('/')[2];
            foreach (Match type in Declaration().Matches(text))
            {
                var name = $"{space}.{type.Groups["name"].Value}";
                nodes[name] = contracts.Contains(name) ? folder : folder + ".internal";
            }
        }

        return nodes;
    }

    private static string Outermost(string fullName) => fullName.Split('+', '/', '`', '<')[0];

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    // Types of a file-scoped namespace start at the margin; nested ones are indented.
    [GeneratedRegex(@"^(?:(?:public|internal|file|static|abstract|sealed|readonly|partial|ref) )+(?:record struct|record class|record|class|struct|interface|enum|delegate [\w<>?]+) (?<name>\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();
}
