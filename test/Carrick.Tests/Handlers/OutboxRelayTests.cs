using System.Collections.Concurrent;
using System.Text.Json;
using Carrick.Handlers;
using Carrick.Simulation.Faults;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Carrick.Tests.Handlers;

public sealed class OutboxRelayTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Relay_IngressRefusesTheFirst_KeepsTheOrderOfTheOutbox()
    {
        var ingress = new FakeIngress { Refusals = 1, Failure = () => new EngineFullException("Full.", TimeSpan.Zero) };
        await RelayAsync(ingress, [Message(1), Message(2)], [Message(3)]);
        Assert.Equal(["m1", "m2", "m3"], ingress.Stored);
    }

    [Fact]
    public async Task Relay_IngressThrowsSomethingElse_GoesOnInOrder()
    {
        var ingress = new FakeIngress { Refusals = 1, Failure = () => new JsonException("A bug.") };
        await RelayAsync(ingress, [Message(1)], [Message(2), Message(3)]);
        Assert.Equal(["m1", "m2", "m3"], ingress.Stored);
    }

    [Fact]
    public async Task Relay_OneOfAnUnknownIntegration_KeepsItAndRelaysTheOthersInOrder()
    {
        var ingress = new FakeIngress();
        var relayed = await RelayAsync(ingress, [Message(1), Message(2, "gone"), Message(3)], [Message(4)]);
        Assert.Equal(["m1", "m3", "m4"], ingress.Stored);
        Assert.Equal([1L, 3L, 4L], relayed.Order());
    }

    [Fact]
    public async Task NotDeleted_WakesTheLaneAgainAfterAWhile_AndOffersTheRowsAgain()
    {
        var time = new FakeTimeProvider();
        var woken = new SemaphoreSlim(0);
        using var relay = new OutboxRelay(new FakeIngress(), time, NullLogger.Instance);
        relay.Start(new EmptyOutbox(), () => woken.Release());
        Assert.True(await woken.WaitAsync(Limit, TestContext.Current.CancellationToken));

        relay.NotDeleted([]);
        for (var failure = 0; failure < 100; failure++)
        {
            // Every time the database has refused it: one wake-up, or what is relayed would wait behind all of them.
            relay.NotDeleted(failure == 0 ? [4, 5] : relay.TakeRelayed());
        }

        relay.Relay([Message(6)]);
        for (var i = 0; i < 2; i++)
        {
            // The wake-up, and then what was relayed.
            while (!await woken.WaitAsync(TimeSpan.FromMilliseconds(10), TestContext.Current.CancellationToken))
            {
                time.Advance(TimeSpan.FromMilliseconds(100));
            }
        }

        Assert.Equal([4L, 5L, 6L], relay.TakeRelayed().Order());
        Assert.InRange(time.GetUtcNow() - time.Start, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        await relay.StopAsync();
        Assert.Equal(0, woken.CurrentCount);
    }

    [Fact]
    public async Task Stop_WhileTheOutboxCannotBeRead_Ends()
    {
        var (reading, fail) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var relay = new OutboxRelay(new FakeIngress(), TimeProvider.System, NullLogger.Instance);
        relay.Start(new BrokenOutbox(reading, fail.Task), () => { });
        await reading.Task.WaitAsync(Limit, TestContext.Current.CancellationToken);

        var stopping = relay.StopAsync();
        fail.SetResult();

        await stopping.WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    private static async Task<IReadOnlyList<long>> RelayAsync(FakeIngress ingress, params OutboxMessage[][] commits)
    {
        var woken = new SemaphoreSlim(0);
        using var relay = new OutboxRelay(ingress, TimeProvider.System, NullLogger.Instance);
        relay.Start(new EmptyOutbox(), () => woken.Release());
        foreach (var messages in commits)
        {
            relay.Relay(messages);
        }

        // Once for what was left over, and once for each commit.
        for (var i = 0; i <= commits.Length; i++)
        {
            Assert.True(await woken.WaitAsync(Limit, TestContext.Current.CancellationToken), "the relay stands still");
        }

        Assert.Null(relay.Problem);
        await relay.StopAsync();
        return relay.TakeRelayed();
    }

    private static OutboxMessage Message(long id, string integration = "billing") => new()
    {
        Id = id,
        Integration = integration,
        MessageId = $"m{id}",
        Type = "order.paid",
        Subject = "o1",
        ContentType = "application/json",
        Body = "{}"u8.ToArray(),
    };

    /// <summary>Refuses the first calls, and answers every other a moment later.</summary>
    private sealed class FakeIngress : IEventIngress
    {
        public int Refusals { get; set; }

        public Func<Exception> Failure { get; init; } = () => new InvalidOperationException();

        public ConcurrentQueue<string> Stored { get; } = new();

        public async ValueTask<IReadOnlyList<IngestResult>> IngestAsync(IReadOnlyList<IncomingEvent> events, CancellationToken cancellationToken)
        {
            if (events.Any(item => item.Integration == "gone"))
            {
                throw new ArgumentException("There is no integration 'gone'.", nameof(events));
            }

            if (Refusals-- > 0)
            {
                throw Failure();
            }

            await Task.Yield();
            foreach (var item in events)
            {
                Stored.Enqueue(item.MessageId);
            }

            return [];
        }
    }

    private sealed class EmptyOutbox : IHandlerDatabase
    {
        public string Name => "empty";

        public int MaxSessions => 1;

        public bool CompletesWork => false;

        public ValueTask InitializeAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask<IHandlerSession> OpenSessionAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<OutboxMessage>> ReadOutboxAsync(long after, int limit, CancellationToken cancellationToken) =>
            ValueTask.FromResult<IReadOnlyList<OutboxMessage>>([]);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>Fails when it is told to.</summary>
    private sealed class BrokenOutbox(TaskCompletionSource reading, Task fail) : PassingHandlerDatabase(new EmptyOutbox())
    {
        public override async ValueTask<IReadOnlyList<OutboxMessage>> ReadOutboxAsync(long after, int limit, CancellationToken cancellationToken)
        {
            reading.TrySetResult();
            await fail;
            throw new StoreException("The disk is gone.", StoreFailure.Transient);
        }
    }
}
