using System.Diagnostics;
using System.Globalization;
using Carrick.Postgres;
using Carrick.Postgres.Raw;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.TestServices.Faults;
using Carrick.TestServices.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Carrick.Tests.Stores;

/// <summary>
/// A commit whose connection is lost, on a server that crashes before anything of it is on disk: the server gives its transaction number to another
/// transaction, so that the number alone tells the fate of the wrong one.
/// </summary>
public sealed class PostgresDoubtTests : IAsyncLifetime
{
    private PostgresServer _server = null!;
    private CommitCutter _cutter = null!;
    private PostgresStore _store = null!;
    private StoreCatalog _catalog = null!;
    private RecordIdGenerator _ids = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartNewAsync(Token);
        _cutter = new CommitCutter(_server.Port);
        var connection = new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Port = _cutter.Port }.ConnectionString;
        _store = new PostgresStore(new PostgresDatabase(connection, new SchemaName("carrick")), TimeProvider.System, NullLogger.Instance);
        await _store.MigrateAsync(Token);
        var ownership = await _store.OpenAsync(Token);
        _ids = new RecordIdGenerator(TimeProvider.System, ownership.IdLow, ownership.LastIdKey);
        _catalog = await _store.RegisterAsync(["billing"], ["billing/orders"], Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _cutter.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(CommitCut.BeforeServer, false)]
    [InlineData(CommitCut.AfterServer, true)]
    public async Task Settle_OfAnEvent_AfterACrashAndOtherTransactions_IsTrue(CommitCut cut, bool isDurable) =>
        Assert.Equal(isDurable, await DoubtAsync(cut, new IngestCommand { Events = [NewEvent("m1")] }));

    [Theory]
    [InlineData(CommitCut.BeforeServer, false)]
    [InlineData(CommitCut.AfterServer, true)]
    public async Task Settle_OfAnAttempt_AfterACrashAndOtherTransactions_IsTrue(CommitCut cut, bool isDurable)
    {
        var stored = NewEvent("m1");
        await CommitAsync(new IngestCommand { Events = [stored] });
        var item = new WorkItem { Id = stored.Work[0].Id, Consumer = stored.Work[0].Consumer, EventId = stored.Id };
        var now = TimeProvider.System.GetUtcNow();
        Assert.Equal(isDurable, await DoubtAsync(cut, new CompleteCommand
        {
            Item = item,
            At = now,
            Outcome = DeliveryOutcome.Succeeded,
            Attempt = new AttemptRecord { Number = 1, StartedAt = now, Duration = TimeSpan.Zero, Category = FailureCategory.None },
        }));
    }

    [Fact]
    public async Task Settle_OfSomethingThatLeavesNoTrace_AfterACrash_IsRatherNotDurable() =>
        Assert.False(await DoubtAsync(CommitCut.BeforeServer, new ProbeCommand()));

    [Fact]
    public async Task Settle_OfANumberThatTheServerHasNotReachedAgain_IsNotDurable() =>
        Assert.False(await DoubtAsync(CommitCut.BeforeServer, new IngestCommand { Events = [NewEvent("m1")] }, others: 0));

    [Theory]
    [InlineData(CommitCut.BeforeServer, false)]
    [InlineData(CommitCut.AfterServer, true)]
    public async Task Settle_OfShardsThatGo_AfterACrashAndOtherTransactions_IsTrue(CommitCut cut, bool isDurable) =>
        Assert.Equal(isDurable, await DoubtAsync(cut, new ReleaseShardsCommand { Shards = 0b110 }));

    [Theory]
    [InlineData(CommitCut.BeforeServer, false)]
    [InlineData(CommitCut.AfterServer, true)]
    public async Task Settle_OfShardsThatCome_AfterACrashAndOtherTransactions_IsTrue(CommitCut cut, bool isDurable)
    {
        await CommitAsync(new ReleaseShardsCommand { Shards = 0b110 });
        _store.Shards.Remove(0b110);

        Assert.Equal(isDurable, await DoubtAsync(cut, new AcquireShardsCommand { Fence = [], Take = 0b110, Recover = 0 }));
        var again = new AcquireShardsCommand { Fence = [], Take = 0b110, Recover = 0b110 };
        await CommitAsync(again);
        Assert.Equal(0b110UL, again.Taken);
    }

    [Theory]
    [InlineData(CommitCut.BeforeServer, false)]
    [InlineData(CommitCut.AfterServer, true)]
    public async Task News_OfACommitInDoubt_ComeOnceItIsDurable_OrWithTheNext(CommitCut cut, bool isDurable)
    {
        await using var other = new PostgresStore(new PostgresDatabase(_server.ConnectionString, new SchemaName("carrick")), TimeProvider.System, NullLogger.Instance);
        await other.OpenAsync(Token);
        var handed = NewEvent("m1");
        await other.CommitAsync([new IngestCommand { Events = [handed] }], Token);
        _cutter.Next = () => cut;
        var lost = await Assert.ThrowsAsync<StoreException>(() => CommitAsync(new IngestCommand { Events = [NewEvent("m2")] }));
        _cutter.Next = () => CommitCut.None;

        Assert.Equal(StoreFailure.Unknown, lost.Failure);
        Assert.Null(_store.TakeNews());
        Assert.Equal(isDurable, await SettledAsync());
        if (!isDurable)
        {
            Assert.Null(_store.TakeNews());
            await CommitAsync(new NewsCommand());
        }

        Assert.Equal(handed.Work[0].Id, Assert.Single(_store.TakeNews()!.Handed).Id);
    }

    [Theory]
    [InlineData(CommitCut.BeforeServer)]
    [InlineData(CommitCut.AfterServer)]
    public async Task Register_WhoseConnectionIsLost_FailsForNowAndLeavesTheStoreUsable(CommitCut cut)
    {
        _cutter.Next = () => cut;
        var lost = await Assert.ThrowsAsync<StoreException>(async () => await _store.RegisterAsync(["later"], ["later/on"], Token));
        _cutter.Next = () => CommitCut.None;

        Assert.Equal(StoreFailure.Transient, lost.Failure);
        await WhenKnownAsync(async () => await CommitAsync(new IngestCommand { Events = [NewEvent("m1")] }));
        Assert.True((await _store.RegisterAsync(["later"], ["later/on"], Token)).Integrations.ContainsKey("later"));
    }

    private async Task<bool> SettledAsync()
    {
        var durable = false;
        await WhenKnownAsync(async () => durable = await _store.SettleAsync(Token));
        return durable;
    }

    private static async Task WhenKnownAsync(Func<Task> action)
    {
        while (true)
        {
            try
            {
                await action();
                return;
            }
            catch (StoreException failure) when (failure.Failure == StoreFailure.Transient)
            {
                // The server has not noticed yet that the connection is gone.
                await Task.Delay(20, Token);
            }
        }
    }

    private async Task<bool> DoubtAsync(CommitCut cut, StoreCommand command, int others = 50)
    {
        // What came before is on disk; what follows is not, unless it is committed: the process that writes the log in the background stands still.
        await ExecuteAsync("CHECKPOINT", 1);
        await StopWalWriterAsync();
        _cutter.Next = () => cut;
        var lost = await Assert.ThrowsAsync<StoreException>(() => CommitAsync(command));
        Assert.Equal(StoreFailure.Unknown, lost.Failure);
        _cutter.Refuses = true;
        await TransactionEndsAsync();
        await _server.StopAsync(PostgresShutdown.Immediate);
        await _server.StartAsync(Token);
        await ExecuteAsync("CREATE TABLE IF NOT EXISTS other (id bigint); INSERT INTO other VALUES (1)", others);
        _cutter.Next = () => CommitCut.None;
        _cutter.Refuses = false;
        return await _store.SettleAsync(Token);
    }

    private async Task TransactionEndsAsync()
    {
        while (await ScalarAsync("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory')") is true)
        {
            await Task.Delay(5, Token);
        }
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_server.ConnectionString + ";Pooling=False");
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Token);
    }

    private async Task StopWalWriterAsync()
    {
        var process = (int)(await ScalarAsync("SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'"))!;
        using var kill = Process.Start("kill", ["-STOP", process.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Token);
        Assert.Equal(0, kill.ExitCode);
    }

    private async Task ExecuteAsync(string sql, int times)
    {
        await using var connection = new NpgsqlConnection(_server.ConnectionString + ";Pooling=False");
        for (var i = 0; i < times; i++)
        {
            if (i == 0)
            {
                await connection.OpenAsync(Token);
            }

            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(Token);
        }
    }

    private Task CommitAsync(StoreCommand command)
    {
        command.AssignIds(_ids);
        return _store.CommitAsync([command], Token).AsTask();
    }

    private NewEvent NewEvent(string message) => new()
    {
        Content = new IncomingEvent { Integration = "billing", Type = "invoice.paid", MessageId = message, Body = "{}"u8.ToArray() },
        Integration = _catalog.Integrations["billing"],
        BodyHash = 1,
        ReceivedAt = TimeProvider.System.GetUtcNow(),
        Work = [new NewWork { Consumer = _catalog.Consumers["billing/orders"].Number }],
    };
}
