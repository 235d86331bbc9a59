using System.Reflection;
using Carrick.Postgres;
using Carrick.Server.Cli;
using Carrick.Signatures;
using Carrick.Sqlite;
using Carrick.Storage.Rows;

namespace Carrick.Tests.Structure;

/// <summary>
/// What the feature folders of the projects around the engine may use of one another. A line names every folder that the folder uses; a use that is
/// not named fails, and so does a name that nobody uses any more. Files outside of folders, and Hosting, compose and are not judged.
/// </summary>
public sealed class ProjectFolderTests
{
    private static readonly Dictionary<string, (Assembly Assembly, (string Folder, string[] Uses)[] Table)> Projects = new()
    {
        ["Carrick.AspNetCore"] = (typeof(WebhookScheme).Assembly, [
            ("Problems", []),
            ("Signatures", []),
            ("Transport", []),
            ("Authentication", ["Problems", "Transport"]),
            ("Receiving", ["Signatures", "Transport"]),
            ("Rest", ["Problems", "Authentication", "Receiving", "Signatures"]),
            ("OpenApi", ["Problems", "Authentication", "Rest"]),
            ("Health", ["Rest"]),
            ("Observability", ["Authentication"]),
        ]),
        ["Carrick.Sqlite"] = (typeof(SqliteStore).Assembly, [
            ("Raw", []),
            ("Schema", ["Raw"]),
            ("Reading", ["Raw"]),
            ("Writing", ["Raw", "Reading"]),
            ("Handlers", ["Raw", "Writing"]),
        ]),
        ["Carrick.Postgres"] = (typeof(PostgresStore).Assembly, [
            ("Raw", []),
            ("Schema", ["Raw"]),
            ("Nodes", ["Raw"]),
            ("Reading", ["Raw"]),
            ("Writing", ["Raw", "Nodes", "Reading"]),
            ("Handlers", ["Raw", "Reading", "Writing"]),
        ]),
        ["Carrick.Server"] = (typeof(CliApp).Assembly, [
            ("Config", []),
            ("Serve", ["Config", "Cli"]),
            ("Cli", ["Config", "Serve", "Demo"]),
            ("Demo", ["Config", "Serve", "Cli"]),
        ]),
    };

    public static TheoryData<string> Names => new(Projects.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Project_FeatureFolders_UseWhatTheTableSaysAndNothingElse(string name)
    {
        var (assembly, table) = Projects[name];
        var uses = FeatureFolders.Uses(assembly, name)
            .Select(edge => (From: Folder(edge.Key.From), To: Folder(edge.Key.To), Example: edge.Value))
            .Where(edge => edge.From != edge.To && edge.From != "Hosting" && edge.To != "Hosting").ToArray();
        var declared = table.SelectMany(line => line.Uses.Select(used => (line.Folder, used))).ToHashSet();

        var undeclared = uses.Where(edge => !declared.Contains((edge.From, edge.To))).Select(edge => $"{edge.From} -> {edge.To}: {edge.Example}").ToArray();
        Assert.True(undeclared.Length == 0, string.Join('\n', undeclared));
        Assert.NotEmpty(uses);
        Assert.Empty(declared.Except(uses.Select(edge => (edge.From, edge.To))));
        Assert.Empty(FeatureFolders.Of(name).Except(table.Select(line => line.Folder)).Except(["Hosting"]));
    }

    private static string Folder(string node) => node.Replace(".internal", "", StringComparison.Ordinal);
}
