using Carrick.Handlers;
using Carrick.Simulation.Memory;

namespace Carrick.Tests.Simulation;

/// <summary>The handler database of the simulation: savepoints, the ledger's verdicts, all or nothing.</summary>
public sealed class MemoryHandlerTests
{
    private readonly HandlerTables _tables = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commit_KeepsWhatWasKeptAndNothingThatWasDiscarded()
    {
        await using var session = new MemoryHandlerSession(_tables, null);
        Assert.Equal(LedgerVerdict.First, await session.BeginAsync(Entry("m1"), Token));
        Book(session, "m1");
        Assert.Equal(LedgerVerdict.First, await session.BeginAsync(Entry("m2"), Token));
        Book(session, "m2");
        await session.AddToOutboxAsync(Reply(), Token);
        await session.DiscardAsync(Token);
        Assert.Empty(_tables.Effects);

        await session.CommitAsync(Token);

        Assert.Equal("m1", Assert.Single(_tables.Effects).MessageId);
        Assert.Empty(_tables.Outbox);
        Assert.Equal(LedgerVerdict.AlreadyProcessed, await session.BeginAsync(Entry("m1"), Token));
        Assert.Equal(LedgerVerdict.First, await session.BeginAsync(Entry("m2"), Token));
    }

    [Fact]
    public async Task Rollback_UndoesTheWholeTransaction()
    {
        await using var session = new MemoryHandlerSession(_tables, null);
        await session.BeginAsync(Entry("m1"), Token);
        Book(session, "m1");

        await session.RollbackAsync();
        await session.CommitAsync(Token);

        Assert.Empty(_tables.Effects);
        Assert.Equal(LedgerVerdict.First, await session.BeginAsync(Entry("m1"), Token));
    }

    [Fact]
    public async Task Begin_OfAnOlderVersion_IsLateAlsoInsideOneTransactionUnlessForced()
    {
        await using var session = new MemoryHandlerSession(_tables, null);

        Assert.Equal(LedgerVerdict.First, await session.BeginAsync(Entry("m1", 5), Token));
        Assert.Equal(LedgerVerdict.Late, await session.BeginAsync(Entry("m2", 4), Token));
        Assert.Equal(LedgerVerdict.First, await session.BeginAsync(Entry("m3", 5), Token));
        Assert.Equal(LedgerVerdict.First, await session.BeginAsync(Entry("m2", 4) with { Force = true }, Token));
        await session.CommitAsync(Token);

        Assert.Equal(5, Assert.Single(_tables.Versions).Value);
        Assert.Equal(3, _tables.Ledger.Count);
    }

    [Fact]
    public async Task Commit_OverThatOfAnotherProcess_Fails()
    {
        await using var session = new MemoryHandlerSession(_tables, null);
        await session.BeginAsync(Entry("m1"), Token);
        await using (var other = new MemoryHandlerSession(_tables, null))
        {
            await other.BeginAsync(Entry("m2"), Token);
            await other.CommitAsync(Token);
        }

        await Assert.ThrowsAsync<StoreException>(async () => await session.CommitAsync(Token));
    }

    [Fact]
    public async Task Prune_WindowByWindow_DeletesWhatIsOld()
    {
        await using var session = new MemoryHandlerSession(_tables, null);
        for (var i = 0; i < 5; i++)
        {
            await session.BeginAsync(Entry($"m{i}") with { At = DateTimeOffset.UnixEpoch.AddDays(i) }, Token);
        }

        await session.CommitAsync(Token);
        LedgerCursor? cursor = LedgerCursor.Start;
        while (cursor is { } after)
        {
            cursor = await session.PruneLedgerAsync(after, DateTimeOffset.UnixEpoch.AddDays(3), 2, Token);
            await session.CommitAsync(Token);
        }

        Assert.Equal(["m3", "m4"], _tables.Ledger.Keys.Select(key => key.MessageId).Order());
    }

    private static void Book(MemoryHandlerSession session, string message) =>
        ((MemoryConnection)session.Connection).Book(new EffectRow("shop/ledger", message, null, 1, "", null));

    private static LedgerEntry Entry(string message, long? version = null) =>
        new("shop/ledger", "shop", message, DateTimeOffset.UnixEpoch, false, version is null ? null : "s", version);

    private static OutboxMessage Reply() => new() { Integration = "shop", MessageId = "r", Type = "t", ContentType = "c", Body = Array.Empty<byte>() };
}
