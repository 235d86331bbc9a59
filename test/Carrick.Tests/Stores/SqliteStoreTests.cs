using Carrick.Sqlite;
using Carrick.Sqlite.Raw;
using Carrick.Sqlite.Schema;
using Carrick.Sqlite.Writing;
using Carrick.Storage.Rows;
using Carrick.Tests.Receiving;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Carrick.Tests.Stores;

/// <summary>What is SQLite's own: settings, files, the log.</summary>
public sealed class SqliteStoreTests : StoreTest<SqliteHarness>
{
    [Fact]
    public void Writer_HasFullDurabilityAndNoCheckpointInsideACommit()
    {
        var database = ((SqliteStore)Store).Writer.Database;

        Assert.Equal(
            ("2", "wal", "0", "0", "0"),
            (Read("synchronous"), Read("journal_mode"), Read("wal_autocheckpoint"), Read("foreign_keys"), Read("mmap_size") ?? "0"));

        string? Read(string pragma) => database.ReadText($"PRAGMA {pragma}");
    }

    [Fact]
    public async Task Open_WithSettingsThatWeakenDurability_IsRefused()
    {
        await using var harness = new SqliteHarness();
        await using var store = new SqliteStore(new SqliteFile(harness.ConnectionString), Time, NullLogger.Instance, "PRAGMA synchronous = NORMAL;");

        var error = await Assert.ThrowsAsync<StoreException>(async () => await store.MigrateAsync(Token));

        Assert.Equal(StoreFailure.Configuration, error.Failure);
        Assert.Contains("synchronous", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrate_InAFolderThatIsMissing_MakesIt()
    {
        await using var harness = new SqliteHarness();
        var path = Path.Combine(harness.Folder, "new", "deep", "carrick.db");
        await using var store = new SqliteStore(new SqliteFile($"Data Source={path}"), Time, NullLogger.Instance);

        Assert.Equal(["0001_initial", "0002_guarded_starts", "0003_delivered_versions", "0004_deduplication_keys", "0005_search_blocks"], await store.MigrateAsync(Token));
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task Migrate_OfAFileThatIsNoDatabase_SaysSo()
    {
        await using var harness = new SqliteHarness();
        await File.WriteAllTextAsync(harness.DatabasePath, new string('x', 8_192), Token);
        await using var store = harness.Create(Time);

        var error = await Assert.ThrowsAsync<StoreException>(async () => await store.MigrateAsync(Token));

        Assert.Equal(StoreFailure.Fatal, error.Failure);
    }

    [Fact]
    public async Task Migrate_FromTwoProgramsAtOnce_RunsEachScriptOnce()
    {
        await using var harness = new SqliteHarness();
        var stores = Enumerable.Range(0, 4).Select(_ => harness.Create(Time)).ToArray();

        var ran = await Task.WhenAll(stores.Select(store => Task.Run(async () => await store.MigrateAsync(Token), Token)));

        Assert.Single(ran, names => names.Count == Migrations.All.Count);
        Assert.Equal((long)Migrations.All.Count, harness.Scalar("SELECT count(*) FROM schema_migrations"));
    }

    [Fact]
    public async Task Commit_AfterAFatalFailure_IsNeverTriedAgain()
    {
        // A table whose pages are not where the schema says.
        void Move(int pages) => Harness.Scalar(
            $"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = rootpage + {pages} WHERE name = 'events'; PRAGMA schema_version = {2_000 + pages}");
        Move(1_000);
        var ingest = Ingest(NewEvent("m1", consumers: Orders));
        var first = await Assert.ThrowsAsync<StoreException>(async () => await CommitAsync(ingest));
        Move(-1_000);

        var second = await Assert.ThrowsAsync<StoreException>(async () => await CommitAsync(ingest));

        Assert.Equal((StoreFailure.Fatal, StoreFailure.Fatal), (first.Failure, second.Failure));
        Assert.Empty(await ReadyAsync(Orders));
        await Store.DisposeAsync();
        await OpenAsync(Harness.Create(Time));
        await CommitAsync(ingest);
        Assert.Single(await ReadyAsync(Orders));
    }

    [Fact]
    public async Task Commit_OfDataThatIsRefused_AppliesNothingAndTheNextOneIsFine()
    {
        Harness.Scalar("CREATE TRIGGER refusing BEFORE INSERT ON events WHEN NEW.message_id = 'bad' BEGIN SELECT RAISE(ABORT, 'refused'); END");
        var (good, bad) = (Ingest(NewEvent("good", consumers: Orders)), Ingest(NewEvent("bad", consumers: Orders)));

        var refused = await Assert.ThrowsAsync<StoreException>(async () => await CommitAsync(good, bad));

        Assert.Equal(StoreFailure.Data, refused.Failure);
        Assert.Empty(await ReadyAsync(Orders));
        await CommitAsync(good);
        Assert.Single(await ReadyAsync(Orders));
    }

    [Fact]
    public async Task Migrate_OfAFileThatWasMadeInUtf16_IsRefusedWithTheRemedy()
    {
        await using var harness = new SqliteHarness();
        await using (var connection = new SqliteConnection(harness.ConnectionString + ";Pooling=False"))
        {
            await connection.OpenAsync(Token);
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA encoding = 'UTF-16le'; CREATE TABLE other (id INTEGER)";
            await command.ExecuteNonQueryAsync(Token);
        }

        await using var store = harness.Create(Time);
        var refused = await Assert.ThrowsAsync<StoreException>(async () => await store.MigrateAsync(Token));

        Assert.Equal(StoreFailure.Configuration, refused.Failure);
        Assert.Contains("UTF-8", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commit_WhileAnotherProcessHoldsTheWriteLock_IsTransient()
    {
        await Store.CloseAsync(Token);
        await OpenAsync(new SqliteStore(new SqliteFile(Harness.ConnectionString), Time, NullLogger.Instance, "PRAGMA busy_timeout = 20;"));
        var ingest = Ingest(NewEvent("m1", consumers: Orders));
        await using (var other = new SqliteConnection(Harness.ConnectionString + ";Pooling=False"))
        {
            await other.OpenAsync(Token);
            using var transaction = other.BeginTransaction(deferred: false);

            var error = await Assert.ThrowsAsync<StoreException>(async () => await CommitAsync(ingest));

            Assert.Equal(StoreFailure.Transient, error.Failure);
        }

        await CommitAsync(ingest);
        Assert.Single(await ReadyAsync(Orders));
    }

    [Fact]
    public async Task ListEvents_WithARareMatchBehindManyEvents_FindsIt()
    {
        var rare = NewEvent("rare", type: "rare");
        await CommitAsync(Ingest(rare));
        await CommitAsync(Ingest([.. Enumerable.Range(0, 1_000).Select(i => NewEvent($"m{i}"))]));

        Assert.Equal(rare.Id, Assert.Single(await Store.Queries.ListEventsAsync(new(Type: "rare"), null, 1, Token)).Id);
        Assert.Empty(await Store.Queries.ListEventsAsync(new(Type: "none"), null, 1, Token));
    }

    [Fact]
    public async Task Maintain_WhenIdleAfterAMegabyte_MovesTheLog()
    {
        await Store.MaintainAsync(idle: true, Token);
        var before = Store.Statistics.Checkpoints;
        await CommitAsync(Ingest(NewEvent("big", body: new string('x', 1_100_000))));
        Assert.True(Store.Statistics.LogSizeBytes > 1_000_000);

        await Store.MaintainAsync(idle: true, Token);
        await Wait.Until(() => Store.Statistics.Checkpoints > before);
        await Store.MaintainAsync(idle: true, Token);
        await Store.CloseAsync(Token);

        Assert.Equal(before + 2, Store.Statistics.Checkpoints);
    }

    [Fact]
    public async Task Maintain_WhileACommitHoldsTheGate_ReturnsAndTheCheckpointRuns()
    {
        var store = (SqliteStore)Store;
        var before = Store.Statistics.Checkpoints;
        await CommitAsync(Ingest(NewEvent("big", body: new string('x', 1_100_000))));

        await store.Gate.WaitAsync(Token);
        store.Writer.Checkpoint(idle: true);
        await Wait.Until(() => Store.Statistics.Checkpoints > before);
        store.Gate.Release();
    }

    [Fact]
    public async Task Dispose_WhileTheLogIsLongAndACommitHoldsTheGate_EndsTheCheckpoints()
    {
        using var gate = new SemaphoreSlim(0, 1);
        var counters = new StoreCounters();
        var checkpointer = new Checkpointer(new SqliteFile(Harness.ConnectionString), gate, counters);
        for (var i = 0; i < 17; i++)
        {
            await CommitAsync(Ingest(NewEvent($"m{i}", body: new string('x', 4_200_000))));
        }

        counters.Committed(17, 17_500);
        checkpointer.Offer(idle: true);
        await Wait.Until(() => counters.Checkpoints > 0);

        await Task.Run(checkpointer.Dispose, Token).WaitAsync(TimeSpan.FromSeconds(10), Token);
        Assert.Equal(0, gate.CurrentCount);
    }

    [Fact]
    public async Task Maintain_UnderLoad_KeepsTheLogBounded()
    {
        for (var i = 0; i < 80; i++)
        {
            await CommitAsync(Ingest(NewEvent($"m{i}", body: new string('x', 2_500_000))));
            await Store.MaintainAsync(idle: false, Token);
        }

        Assert.True(Store.Statistics.WalBytes > 200_000_000);
        Assert.InRange(Store.Statistics.LogSizeBytes, 1, 130_000_000);
    }

    [Fact]
    public async Task Maintain_WhileAReaderHoldsTheLog_LosesNothing()
    {
        await using (var connection = new SqliteConnection(Harness.ConnectionString + ";Pooling=False"))
        {
            await connection.OpenAsync(Token);
            using var transaction = connection.BeginTransaction(deferred: true);
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT count(*) FROM events";
            Assert.Equal(0L, await command.ExecuteScalarAsync(Token));
            await CommitAsync(Ingest(NewEvent("big", body: new string('x', 1_100_000), consumers: Orders)));

            await Store.MaintainAsync(idle: true, Token);

            Assert.Equal(0L, await command.ExecuteScalarAsync(Token));
            Assert.Single(await ReadyAsync(Orders));
        }

        await Store.CloseAsync(Token);
        await OpenAsync(Harness.Create(Time));
        Assert.Single(await ReadyAsync(Orders));
    }

    [Fact]
    public async Task Close_EmptiesTheLogSoThatTheFileAloneIsComplete()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await Store.CloseAsync(Token);
        Assert.False(File.Exists(Harness.DatabasePath + "-wal"));

        await using var copy = Harness.CopyAsAfterCrash();
        await using var store = copy.Create(Time);
        await store.OpenAsync(Token);

        Assert.NotNull(await store.Work.FindAsync(item.Id, Token));
    }

    [Fact]
    public async Task WorkRow_WithoutAnOrderingKey_TakesAtMostFiftyBytes()
    {
        var bare = await GrowthAsync("a");
        var withWork = await GrowthAsync("b", Orders, Ledger, Mail);

        Assert.InRange((withWork - bare) * 4_096 / 6_000, 10, 50);
    }

    private async Task<long> GrowthAsync(string prefix, params int[] consumers)
    {
        var before = (long)Harness.Scalar("PRAGMA page_count")!;
        await CommitAsync(Ingest([.. Enumerable.Range(0, 2_000).Select(i => NewEvent($"{prefix}{i:D4}", consumers: consumers))]));
        return (long)Harness.Scalar("PRAGMA page_count")! - before;
    }
}
