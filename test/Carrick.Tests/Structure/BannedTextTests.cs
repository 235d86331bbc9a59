using System.Text.RegularExpressions;

namespace Carrick.Tests.Structure;

public sealed partial class BannedTextTests
{
    [Fact]
    public void Source_UnfinishedWork_IsAbsent() =>
        Finding.None(
            new[] { "src", "samples" }
                .SelectMany(folder => Repository.Files(folder, "*.cs"))
                .SelectMany(path => Finding.InLines(path, Repository.Read(path), Unfinished())),
            "Finished code only; history and plans belong to commits and issues:");

    [Fact]
    public void Source_Cancellation_IsCaughtOnlyForOurToken() =>
        Finding.None(
            new[] { "src", "samples" }
                .SelectMany(folder => Repository.Files(folder, "*.cs"))
                .SelectMany(path => Finding.InLines(path, Repository.Read(path), CancellationWithoutFilter())),
            "Catch OperationCanceledException only when our own token is cancelled:");

    [Fact]
    public void Source_Failures_AreNotSwallowed() =>
        Finding.None(
            new[] { "src", "samples" }
                .SelectMany(folder => Repository.Files(folder, "*.cs"))
                .SelectMany(path => Swallowed(path, Repository.Read(path))),
            "A catch block that does nothing hides a failure; handle it, or say in it why nothing is to be done:");

    [Theory]
    [InlineData("    // TODO: later")]
    [InlineData("    // FIXME")]
    [InlineData("    throw new NotImplementedException();")]
    [InlineData("    // see issue 12")]
    [InlineData("    // fixes #12")]
    public void Source_Unfinished_IsFound(string line) => Assert.Single(Finding.InLines("a.cs", line, Unfinished()));

    [Theory]
    [InlineData("    var todoList = tasks;")]
    [InlineData("    issued = 12;")]
    [InlineData("    #pragma warning disable")]
    [InlineData("    \"stripe/default#1\"")]
    public void Source_Finished_IsNotFound(string line) => Assert.Empty(Finding.InLines("a.cs", line, Unfinished()));

    [Theory]
    [InlineData("catch (OperationCanceledException)", 1)]
    [InlineData("catch (TaskCanceledException exception)", 1)]
    [InlineData("catch (OperationCanceledException) when (stopping.IsCancellationRequested)", 0)]
    [InlineData("catch (Exception exception) when (exception is not OperationCanceledException)", 0)]
    public void Source_CatchOfCancellation_NeedsFilter(string line, int findings) =>
        Assert.Equal(findings, Finding.InLines("a.cs", line, CancellationWithoutFilter()).Count());

    [Theory]
    [InlineData("catch\n{\n}", 1)]
    [InlineData("catch (IOException) { }", 1)]
    [InlineData("catch (IOException)\n{\n    // The file is gone already.\n}", 0)]
    [InlineData("catch (IOException)\n{\n    Log(1);\n}", 0)]
    [InlineData("catch (IOException exception) when (Explain(exception) is { } failure)\n{\n    Log(1);\n}", 0)]
    [InlineData("catch (IOException exception) when (Explain(exception) is { } failure)\n{\n}", 1)]
    public void Source_EmptyCatch_IsFound(string text, int findings) => Assert.Equal(findings, Swallowed("a.cs", text).Count());

    private static IEnumerable<Finding> Swallowed(string path, string text) =>
        EmptyCatch().Matches(text).Select(match => new Finding(path, text.AsSpan(0, match.Index).Count('\n') + 1, "empty catch"));

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX|NotImplementedException)\b|\b[Ii]ssue #?\d|\s#\d+\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"catch \((Operation|Task)CanceledException( \w+)?\)(?!\s*when \()")]
    private static partial Regex CancellationWithoutFilter();

    [GeneratedRegex(@"\bcatch\s*(?:\([^()]*\)\s*)?(?:when\s*\((?:[^{};]|\{ \})*?\)\s*)?\{\s*\}")]
    private static partial Regex EmptyCatch();
}
