using System.Collections.Concurrent;
using Carrick.Handlers;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Tests.Receiving;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carrick.Tests.Stores;

/// <summary>A relay that may not hold all that is published reads it from the outbox: nothing is lost, passed, or out of order.</summary>
public abstract class OutboxRelayCompliance<THarness> : IAsyncLifetime
    where THarness : HandlerDatabaseHarness, new()
{
    private const int BodyLength = 10_000;
    private const int Limit = 60;
    private readonly THarness _harness = new();
    private readonly ConcurrentQueue<WeakReference> _bodies = new();
    private int _number;

    protected IHandlerDatabase Database { get; private set; } = null!;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Database = _harness.Create();
        await Database.InitializeAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await _harness.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Relay_WhileTheEngineIsFull_HoldsLittle_AndThenRelaysAllInOrder()
    {
        var ingress = new Gate();
        using var relay = new OutboxRelay(ingress, TimeProvider.System, NullLogger.Instance);
        relay.Start(Database, () => { });
        await Wait.Until(() => relay.Held.Messages == 0);
        for (var commit = 0; commit < 60; commit++)
        {
            // The lists are the session's own and are not kept.
            await PublishAsync(relay, 50);
        }

        Assert.InRange(relay.Held.Messages, 1, OutboxBacklog.MostMessages);
        Assert.InRange(relay.Held.Bytes, 1, OutboxBacklog.MostBytes);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        var alive = _bodies.Count(body => body.IsAlive);
        Assert.InRange(alive, 1, (int)(OutboxBacklog.MostBytes / BodyLength) + 50);

        ingress.Open();
        await Wait.Until(() => ingress.Stored.Distinct().Count() == _number, Limit);
        Assert.Equal(Enumerable.Range(0, _number).Select(i => $"m{i}"), ingress.Stored.Distinct());
        await Wait.Until(() => relay.Held == (0, 0));
        await DeleteAsync(relay);
        Assert.Empty(await Database.ReadOutboxAsync(0, 10, Token));
        await relay.StopAsync();
    }

    [Fact]
    public async Task Relay_OfOneCommitThatIsLargerThanMayBeHeld_ReadsIt()
    {
        var ingress = new Gate();
        ingress.Open();
        using var relay = new OutboxRelay(ingress, TimeProvider.System, NullLogger.Instance);
        relay.Start(Database, () => { });
        await PublishAsync(relay, OutboxBacklog.MostMessages * 2);

        await Wait.Until(() => ingress.Stored.Distinct().Count() == _number, Limit);
        Assert.Equal(Enumerable.Range(0, _number).Select(i => $"m{i}"), ingress.Stored.Distinct());
        await relay.StopAsync();
    }

    [Fact]
    public async Task Relay_WhileItReadsTheOutbox_TakesWhatIsPublishedMeanwhileInOrder()
    {
        var ingress = new Gate();
        using var relay = new OutboxRelay(ingress, TimeProvider.System, NullLogger.Instance);
        relay.Start(Database, () => { });
        for (var commit = 0; commit < 40; commit++)
        {
            await PublishAsync(relay, 50);
        }

        ingress.Open();
        for (var commit = 0; commit < 100; commit++)
        {
            await PublishAsync(relay, 10);
            if (commit % 10 == 0)
            {
                await DeleteAsync(relay);
            }
        }

        await Wait.Until(() => ingress.Stored.Distinct().Count() == _number, Limit);
        Assert.Equal(Enumerable.Range(0, _number).Select(i => $"m{i}"), ingress.Stored.Distinct());
        await relay.StopAsync();
    }

    private protected async Task PublishAsync(OutboxRelay relay, int count)
    {
        await using var session = await Database.OpenSessionAsync(Token);
        relay.Relay(await PublishAsync(session, count));
    }

    /// <summary>Publishes and commits.</summary>
    protected async Task<List<OutboxMessage>> PublishAsync(IHandlerSession session, int count)
    {
        var messages = await WriteAsync(session, count);
        Assert.True(await session.CommitAsync(Token));
        return messages;
    }

    protected async Task<List<OutboxMessage>> WriteAsync(IHandlerSession session, int count)
    {
        await session.BeginAsync(new LedgerEntry("billing/orders", "billing", $"e{_number}", DateTimeOffset.UnixEpoch, false, null, null), Token);
        List<OutboxMessage> messages = [];
        for (var i = 0; i < count; i++)
        {
            var body = new byte[BodyLength];
            _bodies.Enqueue(new WeakReference(body));
            messages.Add(new OutboxMessage { Integration = "billing", MessageId = $"m{_number++}", Type = "t", ContentType = "text/plain", Body = body });
            await session.AddToOutboxAsync(messages[^1], Token);
        }

        var completion = new CompleteCommand
        {
            Item = new WorkItem { Id = RecordId.None, Consumer = 1, EventId = RecordId.None },
            At = DateTimeOffset.UnixEpoch,
            Outcome = DeliveryOutcome.Succeeded,
        };
        Assert.True(await session.KeepAsync(completion, Token));
        return messages;
    }

    private async Task DeleteAsync(OutboxRelay relay)
    {
        await using var session = await Database.OpenSessionAsync(Token);
        while (relay.TakeRelayed() is { Count: > 0 } relayed)
        {
            await session.DeleteFromOutboxAsync(relayed, Token);
            await session.CommitAsync(Token);
        }
    }

    /// <summary>Refuses all until it is opened.</summary>
    protected sealed class Gate : IEventIngress
    {
        private volatile bool _isOpen;

        public ConcurrentQueue<string> Stored { get; } = new();

        public void Open() => _isOpen = true;

        public async ValueTask<IReadOnlyList<IngestResult>> IngestAsync(IReadOnlyList<IncomingEvent> events, CancellationToken cancellationToken)
        {
            if (!_isOpen)
            {
                throw new EngineFullException("Full.", TimeSpan.Zero);
            }

            await Task.Yield();
            foreach (var item in events)
            {
                Stored.Enqueue(item.MessageId);
            }

            return [];
        }
    }
}

public sealed class SqliteOutboxRelayCompliance : OutboxRelayCompliance<SqliteHandlerHarness>;

public sealed class PostgresOutboxRelayCompliance : OutboxRelayCompliance<PostgresHandlerHarness>
{
    [Fact]
    public async Task Relay_OfATransactionThatCommitsAfterItsIdsWerePassed_RelaysIt()
    {
        var ingress = new Gate();
        using var relay = new OutboxRelay(ingress, TimeProvider.System, NullLogger.Instance);
        relay.Start(Database, () => { });
        await Wait.Until(() => relay.Held.Messages == 0);
        await using var late = await Database.OpenSessionAsync(Token);
        var first = await WriteAsync(late, 10);
        // More than is held, of later ids and an earlier commit.
        await PublishAsync(relay, OutboxBacklog.MostMessages * 2);
        ingress.Open();
        await Wait.Until(() => ingress.Stored.Distinct().Count() == OutboxBacklog.MostMessages * 2);
        Assert.DoesNotContain("m0", ingress.Stored);

        await late.CommitAsync(Token);
        relay.Relay(first);

        await Wait.Until(() => ingress.Stored.Contains("m9"));
        Assert.Equal(first.Select(message => message.MessageId), ingress.Stored.Where(id => first.Exists(message => message.MessageId == id)));
        await relay.StopAsync();
    }
}
