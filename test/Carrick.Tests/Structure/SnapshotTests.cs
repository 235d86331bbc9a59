namespace Carrick.Tests.Structure;

public sealed class SnapshotTests
{
    [Theory]
    [InlineData("a\nb\nc\n", "a\nb\nc\n", "")]
    [InlineData("a\nc\n", "a\nb\nc\n", "+ b\n")]
    [InlineData("a\nb\nc\n", "a\nc\n", "- b\n")]
    [InlineData("a\nb\nc\n", "a\nx\nc\n", "- b\n+ x\n")]
    [InlineData("", "a\n", "+ a\n")]
    [InlineData("a", "a\n", "+ \n")]
    public void Difference_Texts_ShowsChangedLines(string approved, string actual, string expected) =>
        Assert.Equal(expected, Snapshot.Difference(approved, actual));

    [Fact]
    public void Match_NoApprovedFile_Fails()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("CARRICK_UPDATE_SNAPSHOTS") == "1", "Would write the file.");
        var failure = Assert.ThrowsAny<Exception>(() => Snapshot.Match("no-such-snapshot", ["line"]));
        Assert.Contains("+ line", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Snapshots_EveryFile_HasATest()
    {
        string[] known = [.. Repository.Projects().Select(project => "public-api." + project), "log-events", "metrics", "problem-codes", "tables"];
        var files = Repository.Files("test/Carrick.Tests/Structure/Snapshots", "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)!);
        Assert.Empty(files.Except(known));
    }
}
