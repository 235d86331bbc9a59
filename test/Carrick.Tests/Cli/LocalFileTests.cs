using System.Diagnostics;
using System.Text;
using Carrick.Server.Cli;
using Xunit;

namespace Carrick.Tests.Cli;

public sealed class LocalFileTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("carrick-file");

    private string File => Path.Combine(_directory.FullName, "x");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(0, 10)]
    [InlineData(9, 10)]
    [InlineData(10, 10)]
    [InlineData(200_000, 300_000)]
    public void ReadBytes_UpToTheLimit_GivesAll(int length, int limit)
    {
        var bytes = Bytes(length);
        System.IO.File.WriteAllBytes(File, bytes);

        Assert.Equal(bytes, LocalFile.ReadBytes(File, limit));
    }

    [Theory]
    [InlineData(11, 10)]
    [InlineData(300_001, 300_000)]
    public void ReadBytes_OverTheLimit_IsRefused(int length, int limit)
    {
        System.IO.File.WriteAllBytes(File, Bytes(length));

        var failure = Refusal(File, limit);

        Assert.Equal((ExitCodes.Usage, $"The file {File} is larger than {limit} bytes."), (failure.ExitCode, failure.Message));
    }

    [Theory]
    [InlineData("Z3G8yUq7Xw2Lr9Tb")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    public void ReadBytes_OfARandomName_IsNamedOnlyWhereFilesAre(string random)
    {
        var there = _directory.CreateSubdirectory(random).FullName;

        Assert.Equal($"The file {there}/x cannot be read.", Refusal(Path.Combine(there, "x"), 10).Message);
        Assert.All(
            [random, $"{random}/x", $"/{random}", Path.Combine(_directory.FullName, "missing", random)],
            path => Assert.DoesNotContain(random, Refusal(path, 10).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void ReadToEnd_StreamThatGrowsWhileItIsRead_GivesAll()
    {
        using var stream = new GrowingStream(Bytes(1_000), shown: 10);

        Assert.Equal(Bytes(1_000), LocalFile.ReadToEnd(stream, 1_000));
    }

    [Fact]
    public void ReadToEnd_StreamThatGrowsOverTheLimit_GivesNothing()
    {
        using var stream = new GrowingStream(Bytes(1_000), shown: 10);

        Assert.Null(LocalFile.ReadToEnd(stream, 999));
    }

    [Fact]
    public void ReadBytes_FileWithoutALength_GivesAll()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no /proc.");

        Assert.StartsWith("Name:", Encoding.UTF8.GetString(LocalFile.ReadBytes("/proc/self/status", 100_000)), StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, Refusal("/proc/self/status", 10).ExitCode);
    }

    [Fact]
    public async Task ReadBytes_Fifo_GivesAllThatIsWritten()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no mkfifo.");
        using (var made = Process.Start("mkfifo", [File]))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var reading = Task.Run(() => LocalFile.ReadBytes(File, 300_000), TestContext.Current.CancellationToken);
        await using (var writer = new FileStream(File, FileMode.Open, FileAccess.Write))
        {
            await writer.WriteAsync(Bytes(200_000), TestContext.Current.CancellationToken);
        }

        Assert.Equal(Bytes(200_000), await reading.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void ReadBytes_Directory_IsRefused() =>
        Assert.Equal("It cannot be opened; check that it is a file and may be read.", Refusal(_directory.FullName, 10).Remedy);

    [Theory]
    [InlineData("missing", "It does not exist.")]
    [InlineData("missing/x", "It does not exist.")]
    public void ReadBytes_NothingThere_SaysSo(string name, string remedy) => Assert.Equal(remedy, Refusal(Path.Combine(_directory.FullName, name), 10).Remedy);

    [Fact]
    public void ReadBytes_NoName_IsRefused() => Assert.Equal(ExitCodes.Usage, Refusal("", 10).ExitCode);

    private static CliFailure Refusal(string path, int limit) => Assert.Throws<CliException>(() => LocalFile.ReadBytes(path, limit)).Failure;

    private static byte[] Bytes(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)i)];

    // Tells a length that is over by the time it is read, as a file does that somebody appends to.
    private sealed class GrowingStream(byte[] bytes, int shown) : MemoryStream(bytes)
    {
        public override long Length => shown;
    }
}
