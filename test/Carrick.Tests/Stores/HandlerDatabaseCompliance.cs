using System.Data.Common;
using Carrick.Handlers;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Xunit;

namespace Carrick.Tests.Stores;

public abstract class HandlerDatabaseCompliance<THarness> : IAsyncLifetime
    where THarness : HandlerDatabaseHarness, new()
{
    protected static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    protected THarness Harness { get; } = new();

    protected IHandlerDatabase Database { get; private set; } = null!;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Database = Harness.Create();
        await Database.InitializeAsync(Token);
        await Query("CREATE TABLE effects (text TEXT NOT NULL)");
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await Harness.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Initialize_ASecondTime_KeepsTheLedger()
    {
        await RunAsync("m1");

        await Database.InitializeAsync(Token);

        Assert.Equal(LedgerVerdict.AlreadyProcessed, await RunAsync("m1"));
    }

    [Fact]
    public async Task Begin_OfANewMessage_RunsOnceAndCommitsEffectAndLedgerTogether()
    {
        Assert.Equal(LedgerVerdict.First, await RunAsync("m1"));
        Assert.Equal(LedgerVerdict.AlreadyProcessed, await RunAsync("m1"));

        Assert.Equal(["m1"], await EffectsAsync());
        Assert.Equal(1L, await Query("SELECT count(*) FROM processed_events"));
    }

    [Fact]
    public async Task Begin_OfTwoKeysOfOneMessageId_RunsEachOnce()
    {
        foreach (var key in new[] { "m1", "m1\u001fone", "m1\u001ftwo" })
        {
            Assert.Equal(LedgerVerdict.First, await RunAsync(key));
            Assert.Equal(LedgerVerdict.AlreadyProcessed, await RunAsync(key));
        }

        Assert.Equal(3, (await EffectsAsync()).Count);
    }

    [Fact]
    public async Task Begin_OfOneMessageForOtherConsumersAndIntegrations_RunsEach()
    {
        foreach (var (consumer, integration) in new[] { ("a", "x"), ("b", "x"), ("a", "y") })
        {
            Assert.Equal(LedgerVerdict.First, await RunAsync("m1", entry => entry with { Consumer = consumer, Integration = integration }));
        }
    }

    [Fact]
    public async Task Begin_ByForce_RunsAgainAndKeepsOneLedgerRow()
    {
        await RunAsync("m1");

        Assert.Equal(LedgerVerdict.First, await RunAsync("m1", entry => entry with { Force = true }));

        Assert.Equal(["m1", "m1"], await EffectsAsync());
        Assert.Equal(1L, await Query("SELECT count(*) FROM processed_events"));
    }

    [Fact]
    public async Task Begin_OfAnOlderVersion_IsLateOnceAndThenProcessed()
    {
        Assert.Equal(LedgerVerdict.First, await RunAsync("m1", entry => entry with { Subject = "s", Version = 5 }));
        Assert.Equal(LedgerVerdict.Late, await RunAsync("m2", entry => entry with { Subject = "s", Version = 4 }));
        // Not older: two events of one second are both applied.
        Assert.Equal(LedgerVerdict.First, await RunAsync("m3", entry => entry with { Subject = "s", Version = 5 }));
        Assert.Equal(LedgerVerdict.First, await RunAsync("m4", entry => entry with { Subject = "other", Version = 1 }));
        Assert.Equal(LedgerVerdict.First, await RunAsync("m5", entry => entry with { Subject = "s", Version = 6 }));
        Assert.Equal(LedgerVerdict.First, await RunAsync("m6", entry => entry with { Subject = "s", Version = null }));
        Assert.Equal(LedgerVerdict.AlreadyProcessed, await RunAsync("m2", entry => entry with { Subject = "s", Version = 4 }));
        Assert.Equal(["m1", "m3", "m4", "m5", "m6"], await EffectsAsync());
    }

    [Fact]
    public async Task Discard_OfOneDelivery_UndoesItAndKeepsTheOthersOfTheTransaction()
    {
        await using var session = await Database.OpenSessionAsync(Token);
        await RunAsync(session, "m1");
        await session.BeginAsync(Entry("m2") with { Subject = "s", Version = 9 }, Token);
        await WriteAsync(session, "m2");
        await session.AddToOutboxAsync(Message("m2"), Token);
        await session.DiscardAsync(Token);
        await RunAsync(session, "m3");
        await session.CommitAsync(Token);

        Assert.Equal(["m1", "m3"], await EffectsAsync());
        Assert.Empty(await Database.ReadOutboxAsync(0, 10, Token));
        Assert.Equal(LedgerVerdict.First, await RunAsync("m2", entry => entry with { Subject = "s", Version = 9 }));
    }

    [Fact]
    public async Task Rollback_UndoesEveryDeliveryOfTheTransaction()
    {
        await using var session = await Database.OpenSessionAsync(Token);
        await RunAsync(session, "m1");
        await RunAsync(session, "m2");

        await session.RollbackAsync();

        Assert.Empty(await EffectsAsync());
        Assert.Throws<InvalidOperationException>(() => session.Transaction);
        Assert.Equal(LedgerVerdict.First, await RunAsync(session, "m1"));
        await session.CommitAsync(Token);
        Assert.Equal(["m1"], await EffectsAsync());
    }

    [Fact]
    public async Task Dispose_WithoutCommit_UndoesTheTransaction()
    {
        await using (var session = await Database.OpenSessionAsync(Token))
        {
            await RunAsync(session, "m1");
        }

        Assert.Empty(await EffectsAsync());
        Assert.Equal(LedgerVerdict.First, await RunAsync("m1"));
    }

    [Fact]
    public async Task CommitAndRollback_WithoutATransaction_DoNothing()
    {
        await using var session = await Database.OpenSessionAsync(Token);

        await session.CommitAsync(Token);
        await session.RollbackAsync();

        Assert.Throws<InvalidOperationException>(() => session.Transaction);
    }

    [Fact]
    public async Task Outbox_KeptReadRelayedAndDeleted_IsByteExactAndInOrder()
    {
        byte[] body = [0, 1, 255];
        await using var session = await Database.OpenSessionAsync(Token);
        await session.BeginAsync(Entry("m1"), Token);
        var messages = new[] { Message("a") with { Body = body, Subject = "s", Version = -7 }, Message("b") with { Body = default }, Message("c") };
        foreach (var message in messages)
        {
            await session.AddToOutboxAsync(message, Token);
        }

        await session.KeepAsync(Completion(), Token);
        await session.CommitAsync(Token);

        var read = await Database.ReadOutboxAsync(0, 2, Token);
        Assert.Equal(messages.Take(2).Select(message => message.Id), read.Select(message => message.Id));
        Assert.Equal(messages[0] with { Body = default }, read[0] with { Body = default });
        Assert.Equal(body, read[0].Body.ToArray());
        Assert.Equal(0, read[1].Body.Length);
        await session.DeleteFromOutboxAsync([messages[0].Id, messages[1].Id, 4_711], Token);
        await session.CommitAsync(Token);
        Assert.Equal("c", Assert.Single(await Database.ReadOutboxAsync(0, 10, Token)).MessageId);
    }

    [Fact]
    public async Task Outbox_OfLargeBodies_IsReadInPagesOfFewBytes()
    {
        await using var session = await Database.OpenSessionAsync(Token);
        await session.BeginAsync(Entry("m1"), Token);
        for (var i = 0; i < 10; i++)
        {
            await session.AddToOutboxAsync(Message($"{i}") with { Body = new byte[3_000_000] }, Token);
        }

        await session.KeepAsync(Completion(), Token);
        await session.CommitAsync(Token);

        List<string> read = [];
        var after = 0L;
        while (await Database.ReadOutboxAsync(after, 100, Token) is { Count: > 0 } page)
        {
            Assert.InRange(page.Count, 1, 2);
            read.AddRange(page.Select(message => message.MessageId));
            after = page[^1].Id;
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), read);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keep_AfterTheHandlerEndedTheTransaction_SaysWhatAHandlerMustNotDo(bool plainSql)
    {
        await using var session = await Database.OpenSessionAsync(Token);
        await session.BeginAsync(Entry("m1"), Token);
        await WriteAsync(session, "m1");
        if (plainSql)
        {
            // A database may refuse it, to a handler that does not care.
            await Record.ExceptionAsync(() => ExecuteAsync(session, Harness.CommitStatement));
        }
        else
        {
            await session.Transaction.RollbackAsync(Token);
        }

        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () => await session.KeepAsync(Completion(), Token));

        Assert.Contains("must not commit or roll back", error.Message, StringComparison.Ordinal);
        await session.RollbackAsync();
        Assert.Equal(LedgerVerdict.First, await RunAsync(session, "m2"));
        await session.CommitAsync(Token);
        Assert.Contains("m2", await EffectsAsync());
    }

    [Fact]
    public async Task Effects_BeforeTheCommit_AreSeenByNobodyElse()
    {
        await using var session = await Database.OpenSessionAsync(Token);
        await RunAsync(session, "m1");

        Assert.Empty(await EffectsAsync());
        await session.CommitAsync(Token);
        Assert.Equal(["m1"], await EffectsAsync());
    }

    protected static CompleteCommand Completion() => new()
    {
        Item = new WorkItem { Id = RecordId.None, Consumer = 1, EventId = RecordId.None },
        At = Start,
        Outcome = DeliveryOutcome.Succeeded,
    };

    protected static LedgerEntry Entry(string messageId) => new("billing/orders", "billing", messageId, Start, false, null, null);

    protected async Task<LedgerVerdict> RunAsync(string messageId, Func<LedgerEntry, LedgerEntry>? change = null)
    {
        await using var session = await Database.OpenSessionAsync(Token);
        var verdict = await RunAsync(session, messageId, change);
        await session.CommitAsync(Token);
        return verdict;
    }

    protected static async Task<LedgerVerdict> RunAsync(IHandlerSession session, string messageId, Func<LedgerEntry, LedgerEntry>? change = null)
    {
        var verdict = await session.BeginAsync(change?.Invoke(Entry(messageId)) ?? Entry(messageId), Token);
        if (verdict == LedgerVerdict.First)
        {
            await WriteAsync(session, messageId);
            Assert.True(await session.KeepAsync(Completion(), Token));
        }

        return verdict;
    }

    protected static Task WriteAsync(IHandlerSession session, string text) => ExecuteAsync(session, $"INSERT INTO effects (text) VALUES ('{text}')");

    protected async Task<object?> Query(string sql)
    {
        await using var connection = Harness.Connect();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync(Token);
    }

    protected async Task<IReadOnlyList<string>> EffectsAsync()
    {
        await using var connection = Harness.Connect();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT text FROM effects ORDER BY text";
        await using var reader = await command.ExecuteReaderAsync(Token);
        var texts = new List<string>();
        while (await reader.ReadAsync(Token))
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }

    [Fact]
    public async Task PruneLedger_InWindows_DeletesWhatIsOldAndNothingElse()
    {
        for (var i = 0; i < 25; i++)
        {
            var age = i % 2 == 0 ? TimeSpan.FromDays(200) : TimeSpan.Zero;
            await RunAsync($"m{i:00}", entry => entry with { At = Start - age });
        }

        await using var session = await Database.OpenSessionAsync(Token);
        var windows = 0;
        LedgerCursor? cursor = LedgerCursor.Start;
        while (cursor is { } after)
        {
            cursor = await session.PruneLedgerAsync(after, Start - TimeSpan.FromDays(100), 10, Token);
            await session.CommitAsync(Token);
            windows++;
        }

        Assert.Equal(3, windows);
        Assert.Equal(12L, await Query("SELECT count(*) FROM processed_events"));
        Assert.Equal(0L, await Query($"SELECT count(*) FROM processed_events WHERE processed_at < {(Start - TimeSpan.FromDays(100)).ToUnixTimeMilliseconds()}"));
    }

    private static OutboxMessage Message(string id) =>
        new() { Integration = "billing", MessageId = id, Type = "order.paid", ContentType = "application/json", Body = new byte[] { 1 } };

    private static async Task ExecuteAsync(IHandlerSession session, string sql)
    {
        await using DbCommand command = session.Connection.CreateCommand();
        command.Transaction = session.Transaction;
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Token);
    }
}
