using System.Text.RegularExpressions;

namespace Carrick.Tests.Structure;

/// <summary>The path of an event is short enough to be read, and the page that describes it is right.</summary>
public sealed partial class ArchitectureTests
{
    private const int LongestPath = 7;
    private const string Page = "docs/architecture.md";

    [Fact]
    public void Path_OfOneEvent_HasAtMostSevenFilesAndAllExist()
    {
        var files = Path(Repository.Read(Page));
        Assert.InRange(files.Count, 5, LongestPath);
        Assert.Equal(files.Count, files.Distinct(StringComparer.Ordinal).Count());
        Assert.All(files, file => Assert.True(File.Exists(System.IO.Path.Combine(Repository.Root, file)), file));
    }

    [Fact]
    public void Folders_OfTheSource_StandInTheTable()
    {
        var page = Repository.Read(Page);
        var missing = Repository.Files("src", "*.cs")
            .Select(file => string.Join('/', file.Split('/')[..^1]))
            .Distinct(StringComparer.Ordinal)
            .Where(folder => folder.Split('/').Length == 3 && !IsSmall(folder) && !page.Contains($"`{folder}", StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [Theory]
    [InlineData("## One event\n\n1. `src/a.cs` does.\n   more `src/b.cs`\n2. `src/c.cs`\n\n## Rest\n\n1. `src/d.cs`", 2)]
    [InlineData("## Rest\n\n1. `src/d.cs`", 0)]
    public void Path_OfAText_IsItsNumberedFiles(string text, int files) => Assert.Equal(files, Path(text).Count);

    private static List<string> Path(string text)
    {
        var start = text.IndexOf("## One event", StringComparison.Ordinal);
        if (start < 0)
        {
            return [];
        }

        var end = text.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        return [.. Step().Matches(end < 0 ? text[start..] : text[start..end]).Select(match => match.Groups["file"].Value)];
    }

    // A folder of one or two files explains itself.
    private static bool IsSmall(string folder) => Repository.Files(folder, "*.cs").Count() <= 2;

    [GeneratedRegex(@"^\d+\. `(?<file>[^`]+)`", RegexOptions.Multiline)]
    private static partial Regex Step();
}
