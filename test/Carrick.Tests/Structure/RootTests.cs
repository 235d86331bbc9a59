namespace Carrick.Tests.Structure;

public sealed class RootTests
{
    private const int MostEntries = 18;

    [Fact]
    public void Root_Entries_AreFew()
    {
        var entries = Repository.RootEntries();
        Assert.True(IsShort(entries), $"The root has {entries.Count} entries, at most {MostEntries} are allowed: {string.Join(' ', entries)}");
        Assert.Contains("Carrick.slnx", entries);
    }

    [Theory]
    [InlineData(18, true)]
    [InlineData(19, false)]
    public void Root_Limit_IsEighteen(int count, bool fits) => Assert.Equal(fits, IsShort([.. Enumerable.Repeat("entry", count)]));

    [Fact]
    public void Solution_EveryProject_IsInIt()
    {
        var solution = Repository.Read("Carrick.slnx");
        var missing = new[] { "src", "test", "samples", "bench" }
            .SelectMany(folder => Repository.Files(folder, "*.csproj"))
            .Where(path => !solution.Contains($"\"{path}\"", StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    private static bool IsShort(IReadOnlyList<string> entries) => entries.Count <= MostEntries;
}
