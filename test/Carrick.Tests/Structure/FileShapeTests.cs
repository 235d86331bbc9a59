namespace Carrick.Tests.Structure;

public sealed class FileShapeTests
{
    private const int MostLines = 400;
    private const int MostMedianLines = 80;

    [Fact]
    public void File_Length_IsWithinLimit() =>
        Finding.None(
            new[] { "src", "test", "samples", "bench" }
                .SelectMany(folder => Repository.Files(folder, "*.cs"))
                .SelectMany(path => TooLong(path, Repository.Read(path))),
            $"A file is one idea, at most {MostLines} lines:");

    [Fact]
    public void File_MedianLength_IsSmall()
    {
        var lengths = Repository.Files("src", "*.cs").Select(path => Lines(Repository.Read(path))).Order().ToArray();
        Assert.NotEmpty(lengths);
        Assert.InRange(lengths[lengths.Length / 2], 1, MostMedianLines);
    }

    [Theory]
    [InlineData(400, 0)]
    [InlineData(401, 1)]
    public void File_Limit_IsFourHundred(int lines, int findings) =>
        Assert.Equal(findings, TooLong("a.cs", string.Concat(Enumerable.Repeat("x\n", lines))).Count());

    [Fact]
    public void File_Text_IsCleanUtf8() =>
        Finding.None(
            new[] { "src", "test", "samples", "bench", "docs", "eng" }
                .SelectMany(folder => Repository.Files(folder, "*"))
                .Where(path => Path.GetExtension(path) is ".cs" or ".md" or ".sh" or ".props" or ".csproj" or ".sql")
                .SelectMany(path => Unclean(path, File.ReadAllBytes(Path.Combine(Repository.Root, path)))),
            "Text files are UTF-8 without a byte order mark, with LF line ends:");

    [Theory]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, 0x61 }, 1)]
    [InlineData(new byte[] { 0x61, 0x0D, 0x0A }, 1)]
    [InlineData(new byte[] { 0x61, 0x0A }, 0)]
    public void File_Bytes_AreChecked(byte[] bytes, int findings) => Assert.Equal(findings, Unclean("a.cs", bytes).Count());

    private static IEnumerable<Finding> TooLong(string path, string text)
    {
        if (Lines(text) > MostLines)
        {
            yield return new Finding(path, Lines(text), "too long");
        }
    }

    private static IEnumerable<Finding> Unclean(string path, byte[] bytes)
    {
        if (bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            yield return new Finding(path, 1, "byte order mark");
        }

        if (bytes.AsSpan().Contains((byte)'\r'))
        {
            yield return new Finding(path, 1, "carriage return");
        }
    }

    private static int Lines(string text) => text.AsSpan().TrimEnd('\n').Count('\n') + 1;
}
