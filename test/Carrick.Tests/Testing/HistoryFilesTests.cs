using System.Text;
using Carrick.Checking;
using Carrick.Testing.History;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Testing;

public sealed class HistoryFilesTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("carrick-history");

    public void Dispose() => _directory.Delete(true);

    [Fact]
    public void Read_WhatWasWritten_IsTheSame()
    {
        var lines = ModelHistory.Generate(7, 40, true);
        Write("a.ndjson", lines);

        Assert.Equal(lines, new HistoryReader(_directory.FullName).Read());
    }

    [Fact]
    public void Check_FileCutAnywhereInItsLastLine_IsCountedAndTolerated()
    {
        Write("a.ndjson", ModelHistory.Generate(7, 40, true));
        var cut = Encoding.UTF8.GetBytes("""{"kind":"sent","at":"2026-01-01T00:00:00+00:00","message":"torn","subject":null,"sequence":1}""");

        Gen.Int[1, cut.Length].Sample(
            length =>
            {
                File.WriteAllBytes(PathOf("b.ndjson"), cut[..length]);
                var report = HistoryChecker.CheckDirectory(_directory.FullName);
                Assert.True(report.IsClean);
                Assert.Equal(1, report.Totals.TornFiles);
            },
            iter: 30,
            threads: 1);
    }

    [Theory]
    [InlineData("""{"kind":"acked","at":"2026-01-01T00:00:00+00:00","mess""")]
    [InlineData("""{"kind":"applause","at":"2026-01-01T00:00:00+00:00"}""")]
    [InlineData("""{"kind":"acked","at":"2026-01-01T00:00:00+00:00","message":null,"event":"evt_1","duplicate":false}""")]
    [InlineData("""{"kind":"acked","message":"msg-1"}""")]
    [InlineData("""{"message":"msg-1"}""")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("\0\0\0\0")]
    public void Check_UnreadableLineInTheMiddle_IsADamagedHistory(string line)
    {
        File.WriteAllText(PathOf("a.ndjson"), line + "\n" + """{"kind":"drained","at":"2026-01-01T00:00:00+00:00"}""" + "\n");

        var violation = Assert.Single(HistoryChecker.CheckDirectory(_directory.FullName).Violations);

        Assert.Equal((Invariant.History, "a.ndjson:1"), (violation.Invariant, violation.Subject));
    }

    [Fact]
    public void Read_LineLongerThanTheBuffer_IsRead()
    {
        HistoryRecord[] lines = [new Sent(DateTimeOffset.UnixEpoch, new string('x', 200_000), null, 1), new Drained(DateTimeOffset.UnixEpoch)];
        Write("a.ndjson", lines);

        Assert.Equal(lines, new HistoryReader(_directory.FullName).Read());
    }

    [Fact]
    public void Writer_ExistingFile_IsRefused()
    {
        Write("a.ndjson", []);

        Assert.Throws<IOException>(() => new HistoryWriter(PathOf("a.ndjson")));
    }

    [Fact]
    public void Command_CleanHistory_ExitsWith0()
    {
        Write("a.ndjson", ModelHistory.Generate(7, 40, true));

        Assert.Equal(0, Run(out var output, _directory.FullName));
        Assert.Contains("The history is clean", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Command_Violations_ExitsWith1AndNamesThem()
    {
        var lines = ModelHistory.Generate(7, 40, true);
        Assert.True(PlantedBugs.All["effect doubled"].Plant(lines, new Random(7)));
        Write("a.ndjson", lines);

        Assert.Equal(1, Run(out var output, _directory.FullName));
        Assert.Contains("I3 EffectIsSingle: 1 violations", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Command_NothingToCheck_ExitsWith2()
    {
        Assert.Equal(2, Run(out _, _directory.FullName));
        Assert.Equal(2, Run(out _, PathOf("missing")));
        Assert.Equal(2, Run(out _));
        Assert.Equal(2, Run(out _, "--help"));
    }

    private static int Run(out string output, params string[] args)
    {
        using var writer = new StringWriter();
        var code = CheckCommand.Run(args, writer, writer);
        output = writer.ToString();
        return code;
    }

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);

    private void Write(string name, IEnumerable<HistoryRecord> lines)
    {
        using var writer = new HistoryWriter(PathOf(name));
        foreach (var line in lines)
        {
            writer.Write(line);
        }
    }
}
