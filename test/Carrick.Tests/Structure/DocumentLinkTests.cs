using System.Text.RegularExpressions;

namespace Carrick.Tests.Structure;

public sealed partial class DocumentLinkTests
{
    [Fact]
    public void Documents_RelativeLinks_LeadSomewhere() =>
        Finding.None(
            Documents().SelectMany(path => Broken(path, Repository.Read(path))),
            "A link to a file that is not there:");

    [Fact]
    public void Documents_CodePaths_Exist() =>
        Finding.None(
            Documents().Where(path => path != "CHANGELOG.md").SelectMany(path => MissingPaths(path, Repository.Read(path))),
            "A document names a file of the repository that is not there:");

    [Fact]
    public void Documents_NamedTests_Exist()
    {
        var tests = string.Concat(Repository.Files("test", "*.cs").Select(Repository.Read));
        Finding.None(
            from path in Documents()
            let text = Repository.Read(path)
            from match in TestName().Matches(text)
            where !tests.Contains($"class {match.Groups["class"].Value}", StringComparison.Ordinal)
                || (match.Groups["method"] is { Success: true, Value: var method } && !tests.Contains($" {method}(", StringComparison.Ordinal))
            select new Finding(path, text.AsSpan(0, match.Index).Count('\n') + 1, match.Value),
            "A document names a test that is not there:");
    }

    [Theory]
    [InlineData("See [here](README.md).", 0)]
    [InlineData("See [here](README.md#start).", 0)]
    [InlineData("See [there](https://example.com/x).", 0)]
    [InlineData("See [nowhere](docs/nowhere.md).", 1)]
    public void Documents_Link_IsChecked(string text, int findings) => Assert.Equal(findings, Broken("README.md", text).Count());

    [Theory]
    [InlineData("Read `src/Carrick/Carrick.csproj`.", 0)]
    [InlineData("Read `src/Carrick/Nothing.cs`.", 1)]
    [InlineData("All of `src/*/Nothing.cs`.", 0)]
    public void Documents_CodePath_IsChecked(string text, int findings) => Assert.Equal(findings, MissingPaths("README.md", text).Count());

    private static IEnumerable<string> Documents() =>
        Repository.RootEntries().Where(name => name.EndsWith(".md", StringComparison.Ordinal)).Concat(Repository.Files("docs", "*.md"));

    private static IEnumerable<Finding> Broken(string path, string text) =>
        from match in Link().Matches(text)
        let target = match.Groups["target"].Value.Split('#')[0]
        where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal)
        where !Path.Exists(Path.Combine(Repository.Root, Path.GetDirectoryName(path)!, target))
        select new Finding(path, text.AsSpan(0, match.Index).Count('\n') + 1, target);

    private static IEnumerable<Finding> MissingPaths(string path, string text) =>
        from match in CodePath().Matches(text)
        let target = match.Groups["target"].Value
        where !Path.Exists(Path.Combine(Repository.Root, target))
        select new Finding(path, text.AsSpan(0, match.Index).Count('\n') + 1, target);

    [GeneratedRegex(@"`(?<class>[A-Z]\w+(?:Tests|Compliance|Properties))(?:\.(?<method>\w+))?`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`(?<target>(?:src|test|docs|eng|samples|bench)/[\w./-]+)`")]
    private static partial Regex CodePath();
}
