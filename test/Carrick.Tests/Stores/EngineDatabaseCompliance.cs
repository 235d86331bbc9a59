using Carrick.Handlers;
using Carrick.Storage;
using Xunit;

namespace Carrick.Tests.Stores;

/// <summary>Handlers on the engine's own database: the effect, the ledger and the completion are one transaction.</summary>
public abstract class EngineDatabaseCompliance<THarness> : StoreTest<THarness>
    where THarness : StoreHarness, new()
{
    protected IHandlerDatabase Database { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Database = CreateDatabase(Store);
        await Database.InitializeAsync(Token);
    }

    [Fact]
    public async Task Keep_CompletesTheWorkInTheTransactionOfTheHandler()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await using var session = await Database.OpenSessionAsync(Token);
        Assert.True(Database.CompletesWork);
        Assert.Equal(LedgerVerdict.First, await session.BeginAsync(Entry("m1"), Token));
        var complete = Complete(item);

        Assert.True(await session.KeepAsync(complete, Token));

        Assert.Single(await ReadyAsync(Orders));
        Assert.True(await session.CommitAsync(Token));
        Assert.True(complete.Applied);
        Assert.Empty(await ReadyAsync(Orders));
        Assert.Equal(DeliveryState.Succeeded, (await Store.Queries.FindDeliveryAsync(item.Id, Token))!.State);
        Assert.Single(await Store.Queries.ListAttemptsAsync(item.Id, Token));
    }

    [Fact]
    public async Task Keep_OfWorkThatSomebodyElseFinished_UndoesTheHandler()
    {
        var items = (await SeedAsync("m1", Orders)).Concat(await SeedAsync("m2", Orders)).ToArray();
        await CommitAsync(Complete(items[0]));
        await using var session = await Database.OpenSessionAsync(Token);
        await session.BeginAsync(Entry("m1"), Token);
        var (gone, kept) = (Complete(items[0]), Complete(items[1]));

        var isKept = await session.KeepAsync(gone, Token);
        await session.BeginAsync(Entry("m2"), Token);
        Assert.True(await session.KeepAsync(kept, Token));

        // Seen at once, or by the commit, which keeps nothing then.
        Assert.Equal(!isKept, await session.CommitAsync(Token));
        Assert.Equal((false, true), (gone.Applied, kept.Applied));
        if (isKept)
        {
            Assert.Equal(LedgerVerdict.First, await session.BeginAsync(Entry("m2"), Token));
            Assert.True(await session.KeepAsync(kept, Token));
            Assert.True(await session.CommitAsync(Token));
        }

        Assert.Equal(LedgerVerdict.First, await session.BeginAsync(Entry("m1"), Token));
        await session.DiscardAsync(Token);
        Assert.Equal(LedgerVerdict.AlreadyProcessed, await session.BeginAsync(Entry("m2"), Token));
        await session.RollbackAsync();
    }

    [Fact]
    public async Task Keep_AfterTheEpochWasRaised_UndoesTheHandler()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        Harness.TakeOver();
        await using var session = await Database.OpenSessionAsync(Token);
        await session.BeginAsync(Entry("m1"), Token);

        var isKept = await session.KeepAsync(Complete(item), Token);

        Assert.Equal(!isKept, await session.CommitAsync(Token));
        Assert.Equal(LedgerVerdict.First, await session.BeginAsync(Entry("m1"), Token));
        await session.RollbackAsync();
        Assert.Single(await ReadyAsync(Orders));
    }

    [Fact]
    public async Task Rollback_TakesBackTheCompletions()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await using var session = await Database.OpenSessionAsync(Token);
        await session.BeginAsync(Entry("m1"), Token);
        var complete = Complete(item);
        await session.KeepAsync(complete, Token);

        await session.RollbackAsync();

        Assert.False(complete.Applied);
        Assert.Single(await ReadyAsync(Orders));
    }

    [Fact]
    public async Task Abandon_WhileTheCodeStillRuns_LetsTheEngineWrite_AndTheWorkIsOutstanding()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await using var session = await Database.OpenSessionAsync(Token);
        await session.BeginAsync(Entry("m1"), Token);
        await session.KeepAsync(Complete(item), Token);
        await session.BeginAsync(Entry("m2"), Token);

        await session.AbandonAsync();

        await CommitAsync(Ingest(NewEvent("m3", consumers: Orders))).WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal(2, (await ReadyAsync(Orders)).Count);
        await using var next = await Database.OpenSessionAsync(Token);
        Assert.Equal(LedgerVerdict.First, await next.BeginAsync(Entry("m1"), Token));
        var complete = Complete(item);
        Assert.True(await next.KeepAsync(complete, Token));
        Assert.True(await next.CommitAsync(Token));
        Assert.True(complete.Applied);
    }

    [Fact]
    public async Task Statistics_CountCommitsOfSessions()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        var before = Store.Statistics;
        await using var session = await Database.OpenSessionAsync(Token);
        await session.BeginAsync(Entry("m1"), Token);
        await session.KeepAsync(Complete(item), Token);
        await session.CommitAsync(Token);

        Assert.Equal((before.Commits + 1, before.Commands + 1), (Store.Statistics.Commits, Store.Statistics.Commands));
    }

    protected abstract IHandlerDatabase CreateDatabase(IStore store);

    protected static LedgerEntry Entry(string messageId) => new("billing/orders", "billing", messageId, Start, false, null, null);
}
