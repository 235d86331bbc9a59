namespace Carrick.Tests.Structure;

/// <summary>
/// What the feature folders of the engine may use of one another. Contracts, the public types, stand in layers: a line names only folders above
/// it, so that there is no cycle. Internal types may use every contract and the internals that their line names. Hosting composes all. A new
/// folder gets a line here.
/// </summary>
public sealed class FeatureFolderTests
{
    private const string Internal = ".internal";

    private static readonly (string Folder, string[] Uses)[] Contracts =
    [
        ("Ids", []),
        ("Retry", []),
        ("Events", ["Ids"]),
        ("Storage", ["Ids", "Retry", "Events"]),
        ("Handlers", ["Ids", "Events", "Storage"]),
        ("Integrations", ["Retry", "Handlers"]),
        ("Operations", ["Ids", "Storage", "Integrations"]),
        ("Delivery", []),
    ];

    private static readonly (string Folder, string[] Uses)[] Internals =
    [
        ("Diagnostics", []),
        ("Ids", []),
        ("Retry", []),
        ("Storage", ["Shards"]),
        ("Integrations", []),
        ("Shards", ["Storage"]),
        ("Commit", ["Diagnostics", "Shards"]),
        ("Delivery", ["Diagnostics", "Retry", "Dispatch"]),
        ("Dispatch", ["Diagnostics", "Retry", "Shards", "Storage", "Commit", "Delivery", "Handlers", "Hosting"]),
        ("Handlers", ["Diagnostics", "Storage", "Commit", "Delivery", "Dispatch", "Events"]),
        ("Events", ["Shards", "Commit", "Dispatch", "Hosting"]),
        ("Replay", ["Diagnostics", "Shards", "Commit", "Dispatch"]),
        ("Retention", ["Diagnostics", "Shards", "Storage", "Commit", "Dispatch"]),
        ("Search", ["Diagnostics", "Shards", "Storage", "Commit", "Dispatch"]),
        ("Operations", ["Shards", "Commit", "Dispatch", "Hosting", "Replay"]),
        ("Cluster", ["Diagnostics", "Shards", "Storage", "Commit", "Dispatch", "Hosting", "Replay"]),
    ];

    private static readonly Lazy<IReadOnlyDictionary<(string From, string To), string>> Engine =
        new(() => FeatureFolders.Uses(typeof(RecordId).Assembly, "Carrick"));

    [Fact]
    public void Engine_FeatureFolders_UseOnlyDeclaredOnes() =>
        Assert.Empty(Undeclared(Engine.Value));

    [Fact]
    public void Engine_FeatureFolders_AreAllDeclared() =>
        Assert.Empty(FeatureFolders.Of("Carrick").Except(Internals.Select(line => line.Folder)).Except(["Hosting"]));

    [Fact]
    public void Engine_Contracts_HaveNoCycle()
    {
        var above = new HashSet<string>();
        foreach (var (folder, uses) in Contracts)
        {
            Assert.Empty(uses.Except(above));
            Assert.True(above.Add(folder));
        }
    }

    [Fact]
    public void FeatureFolders_UseInAsyncBody_IsFound()
    {
        var nodes = new Dictionary<string, string>
        {
            ["Carrick.Tests.Structure.PlantedUser"] = "Events",
            ["Carrick.Tests.Structure.PlantedTarget"] = "Storage",
        };
        var edges = FeatureFolders.Uses(typeof(PlantedUser).Assembly, nodes);
        Assert.Equal([("Events", "Storage")], edges.Keys);
        Assert.Equal(
            ["Events -> Storage: Carrick.Tests.Structure.PlantedUser uses Carrick.Tests.Structure.PlantedTarget"],
            Undeclared(edges));
    }

    [Theory]
    [InlineData("Storage", "Events", true)]
    [InlineData("Events", "Storage", false)]
    [InlineData("Events", "Hosting", false)]
    [InlineData("Storage", "Commit.internal", false)]
    [InlineData("Commit.internal", "Storage", true)]
    [InlineData("Commit.internal", "Dispatch.internal", false)]
    [InlineData("Dispatch.internal", "Commit.internal", true)]
    [InlineData("Hosting.internal", "Dispatch.internal", true)]
    [InlineData("Commit", "Commit.internal", true)]
    public void FeatureFolders_Edge_IsJudged(string from, string to, bool isDeclared) =>
        Assert.Equal(isDeclared, !Undeclared(new Dictionary<(string, string), string> { [(from, to)] = "" }).Any());

    [Fact]
    public void FeatureFolders_OfEngine_AreRead()
    {
        Assert.Contains(("Events", "Ids"), Engine.Value.Keys);
        Assert.Contains(("Hosting", "Integrations"), Engine.Value.Keys);
        Assert.Contains(("Hosting", "Dispatch.internal"), Engine.Value.Keys);
    }

    private static IEnumerable<string> Undeclared(IReadOnlyDictionary<(string From, string To), string> edges) =>
        edges.Where(edge => !IsDeclared(edge.Key.From, edge.Key.To)).Select(edge => $"{edge.Key.From} -> {edge.Key.To}: {edge.Value}");

    private static bool IsDeclared(string from, string to)
    {
        var isInternal = from.EndsWith(Internal, StringComparison.Ordinal);
        var (folder, target) = (from.Replace(Internal, "", StringComparison.Ordinal), to.Replace(Internal, "", StringComparison.Ordinal));
        return folder == "Hosting" || folder == target
            || (isInternal && !to.EndsWith(Internal, StringComparison.Ordinal))
            || (isInternal == to.EndsWith(Internal, StringComparison.Ordinal)
                && Array.Exists(isInternal ? Internals : Contracts, line => line.Folder == folder && line.Uses.Contains(target)));
    }
}

internal sealed class PlantedUser
{
    public static async Task<int> RunAsync()
    {
        await Task.Yield();
        return PlantedTarget.Value();
    }
}

internal static class PlantedTarget
{
    public static int Value() => Environment.ProcessId;
}
