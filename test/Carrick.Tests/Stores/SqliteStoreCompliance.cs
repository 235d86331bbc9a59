using System.Data.Common;
using Carrick.Handlers;
using Carrick.Sqlite;
using Carrick.Sqlite.Handlers;
using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Carrick.Tests.Stores;

public sealed class SqliteWorkCompliance : WorkCompliance<SqliteHarness>;

public sealed class SqliteWorkReaderCompliance : WorkReaderCompliance<SqliteHarness>;

public sealed class SqliteOperatorCompliance : OperatorCompliance<SqliteHarness>;

public sealed class SqliteReplayCompliance : ReplayCompliance<SqliteHarness>;

public sealed class SqliteRetentionCompliance : RetentionCompliance<SqliteHarness>
{
    [Fact]
    public async Task Retention_OnAFullDisk_MakesRoom_AndWhatIsReceivedGoesOn()
    {
        await CommitAsync(Ingest([.. Enumerable.Range(0, 300).Select(i => NewEvent($"m{i}", body: new string('x', 2_000)))]));
        await Store.CloseAsync(Token);
        await OpenAsync(Harness.CreateAlmostFull(Time, kilobytes: 40));
        var full = await Assert.ThrowsAsync<StoreException>(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await CommitAsync(Ingest([.. Enumerable.Range(0, 20).Select(n => NewEvent($"full{i}.{n}", body: new string('y', 2_000)))]));
            }
        });
        Assert.Equal(StoreFailure.Full, full.Failure);
        Time.Advance(TimeSpan.FromDays(31));

        await SweepAsync(limit: 100);

        await CommitAsync(Ingest([.. Enumerable.Range(0, 50).Select(n => NewEvent($"later{n}", body: new string('z', 2_000)))]));
        Assert.Equal(50, (await Store.Queries.ListEventsAsync(new(), null, 100, Token)).Count);
    }
}

public sealed class SqliteQueryCompliance : QueryCompliance<SqliteHarness>;

public sealed class SqliteOwnershipCompliance : OwnershipCompliance<SqliteHarness>
{
    [Fact]
    public async Task Statistics_AfterACommit_CountTheLog()
    {
        var before = Store.Statistics.WalBytes;

        await CommitAsync(Ingest(NewEvent("m1")));

        Assert.True(Store.Statistics.WalBytes > before);
    }
}

public sealed class SqliteHandlerDatabaseCompliance : HandlerDatabaseCompliance<SqliteHandlerHarness>;

public sealed class SqliteEngineDatabaseCompliance : EngineDatabaseCompliance<SqliteHarness>
{
    protected override IHandlerDatabase CreateDatabase(IStore store) =>
        new SqliteHandlerDatabase(((SqliteStore)store).File, new EngineLink((SqliteStore)store));

    [Fact]
    public async Task Commit_WhileASessionIsOpen_WaitsForItsEnd()
    {
        await using var session = await Database.OpenSessionAsync(Token);
        await session.BeginAsync(Entry("m1"), Token);
        // The commit blocks its thread, as that of the engine's commits may be.
        var ingest = Task.Run(() => CommitAsync(Ingest(NewEvent("m2", consumers: Orders))), Token);
        Assert.False(ingest.IsCompleted);

        await session.DiscardAsync(Token);
        await session.CommitAsync(Token);
        await ingest.WaitAsync(TimeSpan.FromSeconds(30), Token);

        Assert.Single(await ReadyAsync(Orders));
    }

    [Fact]
    public async Task Statistics_CountTheLogOfSessions()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        var before = Store.Statistics.WalBytes;
        await using var session = await Database.OpenSessionAsync(Token);
        await session.BeginAsync(Entry("m1"), Token);
        await session.KeepAsync(Complete(item), Token);
        await session.CommitAsync(Token);

        Assert.True(Store.Statistics.WalBytes > before);
    }
}

public sealed class SqliteHandlerHarness : HandlerDatabaseHarness
{
    private readonly SqliteHarness _files = new();

    public override string CommitStatement => "COMMIT";

    public override string EndlessStatement => "INSERT INTO effects SELECT 'endless' FROM (WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n) WHERE x < 0";

    public override IHandlerDatabase Create() => new SqliteHandlerDatabase(new SqliteFile(_files.ConnectionString));

    public override DbConnection Connect()
    {
        var connection = new SqliteConnection(_files.ConnectionString + ";Pooling=False");
        connection.Open();
        return connection;
    }

    public override ValueTask DisposeAsync() => _files.DisposeAsync();
}
