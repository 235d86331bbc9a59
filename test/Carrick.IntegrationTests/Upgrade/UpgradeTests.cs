using System.IO.Compression;
using System.Runtime.CompilerServices;
using Carrick.IntegrationTests.Processes;
using Carrick.Operations;
using Carrick.Storage;

namespace Carrick.IntegrationTests.Upgrade;

/// <summary>The databases of every earlier release open, migrate and drain. Each release adds a folder with its own.</summary>
public sealed class UpgradeTests
{
    private static readonly string[] Files = ["carrick.db", "carrick.handlers.db"];

    public static TheoryData<string> Releases => [.. Directory.GetDirectories(Folder).Select(folder => Path.GetFileName(folder)!).Where(name => char.IsAsciiDigit(name[0])).Order()];

    private static string Folder => FolderOfThisFile();

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task Databases_OfARelease_OpenMigrateAndDrain(string release)
    {
        var folder = Directory.CreateTempSubdirectory("carrick-upgrade-");
        try
        {
            await using var receiver = await Receiver.StartAsync();
            await UnpackAsync(release, folder.FullName);
            await using (var host = await UpgradeHost.StartAsync(folder.FullName, new Uri(receiver.Url), refuse: false, TimeProvider.System))
            {
                await DrainsAsync(host, receiver);
                await KeepsAsync(host);
            }

            Assert.Equal(1, Count(folder.FullName, "carrick.handlers.db", "SELECT count(*) FROM bookings WHERE message = 'booked'"));
            Assert.Equal(0, Count(folder.FullName, "carrick.db", "SELECT count(*) FROM work"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Writes the databases of this release; run by hand once, before a release.</summary>
    [Fact(Explicit = true)]
    public async Task Databases_OfThisRelease_AreMade()
    {
        var version = typeof(IStore).Assembly.GetName().Version!.ToString(3);
        var folder = Directory.CreateTempSubdirectory("carrick-upgrade-");
        await using (var host = await UpgradeHost.StartAsync(folder.FullName, new Uri("http://127.0.0.1:1"), refuse: true, new EarlierTime()))
        {
            await host.FillAsync();
        }

        Anonymise(Path.Combine(folder.FullName, Files[0]));
        var target = Directory.CreateDirectory(Path.Combine(Folder, version)).FullName;
        foreach (var file in Files)
        {
            await using var source = File.OpenRead(Path.Combine(folder.FullName, file));
            await using var zip = new GZipStream(File.Create(Path.Combine(target, file + ".gz")), CompressionLevel.SmallestSize);
            await source.CopyToAsync(zip, TestContext.Current.CancellationToken);
        }

        folder.Delete(recursive: true);
    }

    private static async Task DrainsAsync(UpgradeHost host, Receiver receiver)
    {
        await host.WhenAsync(DeliveryState.Succeeded, 4);
        var sent = receiver.Calls.Select(call => call.Id).ToArray();
        Assert.Equal(3, sent.Length);
        Assert.Equal(sent.Order(StringComparer.Ordinal), sent);
        Assert.Equal(2, await host.DeadLettersAsync());
        await host.Operations.StartReplayAsync(new DeadLetterFilter(), null, false, new Operator("upgrade"), TestContext.Current.CancellationToken);
        await host.WhenAsync(DeliveryState.Succeeded, 6);
        Assert.Equal(0, await host.DeadLettersAsync());
    }

    private static async Task KeepsAsync(UpgradeHost host)
    {
        Assert.True((await host.IngestAsync("booked", "invoice.paid")).Duplicate);
        var booked = Assert.Single(await host.Store.Queries.ListEventsAsync(new EventFilter(MessageId: "booked"), null, 10, TestContext.Current.CancellationToken));
        Assert.Equal(new IngestResult(booked.Id, true, false), await host.IngestKeyedAsync("booked"));
        Assert.False((await host.IngestKeyedAsync("booked", [1, 2, 3])).Duplicate);
        Assert.Equal(2, (await host.Store.Queries.ListEventsAsync(new EventFilter(MessageId: "booked"), null, 10, TestContext.Current.CancellationToken)).Count);
        Assert.Single((await host.Operations.ReplayEventAsync(booked.Id, "billing/invoice.paid", force: false, new Operator("upgrade"), TestContext.Current.CancellationToken))!);
        await host.WhenAsync(DeliveryState.Succeeded, 7);
        Assert.Equal("kept", Assert.Single(await host.Store.Queries.ListApiKeysAsync(TestContext.Current.CancellationToken)).Name);
        Assert.Equal(UpgradeHost.Document, await host.Store.Queries.ReadConfigurationAsync(TestContext.Current.CancellationToken));
        Assert.Equal(2, (await host.Store.Queries.ListReplaysAsync(null, 10, TestContext.Current.CancellationToken)).Count);
    }

    private static async Task UnpackAsync(string release, string folder)
    {
        foreach (var file in Files)
        {
            await using var zip = new GZipStream(File.OpenRead(Path.Combine(Folder, release, file + ".gz")), CompressionMode.Decompress);
            await using var target = File.Create(Path.Combine(folder, file));
            await zip.CopyToAsync(target, TestContext.Current.CancellationToken);
        }
    }

    private static long Count(string folder, string file, string sql)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(folder, file)};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }

    // The name of the machine and the paths in stack traces are nobody's business.
    private static void Anonymise(string database)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "UPDATE leases SET owner = 'release/1'; UPDATE attempts SET error = substr(error, 1, instr(error || char(10), char(10)) - 1); VACUUM; PRAGMA wal_checkpoint(TRUNCATE);";
        command.ExecuteNonQuery();
    }

    private static string FolderOfThisFile([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    /// <summary>Runs from the first day of 2026, so that what is kept is in the past wherever it is opened.</summary>
    private sealed class EarlierTime : TimeProvider
    {
        private readonly long _started = System.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) + System.GetElapsedTime(_started);
    }
}
