using System.Collections.Concurrent;
using System.Data.Common;
using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Carrick.Tests.Engine;

/// <summary>A handler that does not end stops nobody but itself, whatever it does instead of ending.</summary>
public abstract class EndlessHandlerCompliance : IAsyncDisposable
{
    private const int LogDead = 1111;
    private const int LogAbandoned = 1218;
    private const int LogEndedLate = 1219;
    private static readonly RetryPolicy Quick = new() { Attempts = 5, Base = TimeSpan.FromMilliseconds(20), Cap = TimeSpan.FromMilliseconds(40) };
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentQueue<Exception?> _late = new();
    private readonly LogRecorder _log = new();
    private int _started;

    public static TheoryData<string> Ways => ["ignores its token", "blocks its thread", "goes on after the cancellation", "waits in its services", "waits for a statement"];

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The name of the table <c>effects (message)</c> in SQL.</summary>
    protected abstract string Effects { get; }

    protected abstract string EndlessStatement { get; }

    public virtual ValueTask DisposeAsync()
    {
        _release.TrySetResult();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Handler_ThatDoesNotEnd_IsAbandonedTwiceAndPoison_AndTheOthersGoOn(string way)
    {
        await using (var host = await StartAsync((context, token) => EndlessAsync(way, context, token)))
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(i => host.IngestAsync($"m{i}", i == 3 ? "bad" : "good")));
            await host.WhenCountAsync(DeliveryState.Succeeded, 9);
            await host.WhenCountAsync(DeliveryState.Dead, 1);

            Assert.All(await host.DeliveriesAsync(DeliveryState.Succeeded), delivery => Assert.Equal(1, delivery.Attempts));
            var dead = (await host.DeliveriesAsync(DeliveryState.Dead))[0];
            Assert.Equal(FailureCategory.Poison, dead.Category);
            var attempts = await host.Store.Queries.ListAttemptsAsync(dead.Id, Token);
            Assert.Equal([FailureCategory.Transient, FailureCategory.Poison], attempts.Select(attempt => attempt.Category));
            Assert.All(attempts, attempt => Assert.Contains("did not end", attempt.Error, StringComparison.Ordinal));
            Assert.All(attempts, attempt => Assert.InRange(attempt.Duration, TimeSpan.FromSeconds(6), TimeSpan.FromMinutes(1)));
            Assert.Equal(9, await EffectsAsync());
            Assert.Equal(2, _log.Of(LogAbandoned).Count);
            Assert.All(_log.Of(LogAbandoned), line => Assert.True(
                line.Level == LogLevel.Error && line.Text.Contains("billing/bad", StringComparison.Ordinal)
                && line.Text.Contains(dead.Id.ToString(IdPrefix.Delivery), StringComparison.Ordinal)));
            await host.WhenAsync(() => Task.FromResult(_log.Of(LogDead).Count > 0), "the log to say that it is dead");
            Assert.Equal(LogLevel.Error, Assert.Single(_log.Of(LogDead)).Level);
            if (way != "waits for a statement")
            {
                Assert.Equal(EngineState.Degraded, host.Engine.State);
                Assert.Contains("billing/bad", host.Engine.Problem, StringComparison.Ordinal);
            }

            // What comes later does not wait either.
            await host.IngestAsync("later", "good");
            await host.WhenCountAsync(DeliveryState.Succeeded, 10);

            _release.TrySetResult();
            await host.WhenAsync(() => Task.FromResult(host.Engine.Problem is null), "the abandoned code to end");
            Assert.Equal(2, _log.Of(LogEndedLate).Count);
            Assert.Equal(way == "waits in its services" ? 0 : 8, _late.Count);
            Assert.All(_late, Assert.NotNull);
            Assert.Equal(10, await EffectsAsync());
            Assert.Empty(await host.Store.Queries.ListEventsAsync(new(Type: "late"), null, 10, Token));
            await host.AssertDepthsAsync();
        }
    }

    [Fact]
    public async Task Handler_ThatEndsWithinTheGrace_CountsAsWhatItReturned()
    {
        await using var host = await StartAsync(async (context, _) =>
        {
            await BookAsync(context);
            await Task.Delay(TimeSpan.FromMilliseconds(350), TimeProvider.System, CancellationToken.None);
        });

        await host.IngestAsync("m1", "bad");

        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        Assert.Equal(1, (await host.DeliveriesAsync())[0].Attempts);
        Assert.Equal(1, await EffectsAsync());
        Assert.Empty(_log.Of(LogAbandoned));
    }

    [Fact]
    public async Task Handlers_OfOneConsumerThatDoNotEnd_AreBounded_AndTheOthersGoOn()
    {
        await using var host = await StartAsync((context, token) => EndlessAsync("blocks its thread", context, token));
        await Task.WhenAll(Enumerable.Range(0, 12).Select(i => host.IngestAsync($"b{i}", "bad")));
        await host.WhenAsync(() => Task.FromResult(host.Engine.Problem?.Contains("no more start", StringComparison.Ordinal) == true), "the bound");

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => host.IngestAsync($"g{i}", "good")));
        await host.WhenCountAsync(DeliveryState.Succeeded, 20);
        Assert.InRange(Volatile.Read(ref _started), AbandonedHandlers.MostOfOneConsumer, AbandonedHandlers.MostOfOneConsumer + 1);

        _release.TrySetResult();
        await host.WhenAsync(() => Task.FromResult(host.Engine.Problem is null), "the abandoned code to end");
        await host.WhenAsync(async () => (await host.DeliveriesAsync()).All(delivery => delivery.State is DeliveryState.Succeeded or DeliveryState.Dead), "all to end");
        await host.AssertDepthsAsync();
    }

    [Theory]
    [InlineData("ignores its token")]
    [InlineData("blocks its thread")]
    [InlineData("waits for a statement")]
    public async Task Stop_WhileAHandlerDoesNotEnd_ClosesTheStore_AndCountsNoAttempt(string way)
    {
        await using (var host = await StartAsync((context, token) => EndlessAsync(way, context, token), timeout: TimeSpan.FromMinutes(10)))
        {
            // Together: in the engine's database nothing is received while a handler runs.
            await host.Ingress.IngestAsync([Event("m1", "bad"), Event("m2", "good")], Token);
            await host.WhenAsync(() => Task.FromResult(Volatile.Read(ref _started) == 1), "the handler to run");

            await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(20), Token);

            Assert.Equal(EngineState.Stopped, host.Engine.State);
        }

        await using var again = await StartAsync((context, _) => BookAsync(context));
        await again.WhenCountAsync(DeliveryState.Succeeded, 2);
        Assert.All(await again.DeliveriesAsync(), delivery => Assert.Equal(1, delivery.Attempts));
        Assert.Equal(2, await EffectsAsync());
    }

    protected abstract void Choose(CarrickBuilder carrick);

    /// <summary>Makes the table if it is not there.</summary>
    protected abstract Task CreateEffectsAsync();

    protected abstract Task<DbConnection> ConnectAsync();

    protected async Task ExecuteAsync(string sql)
    {
        await using var connection = await ConnectAsync();
        await ExecuteAsync(connection, sql);
    }

    private static IncomingEvent Event(string messageId, string type) =>
        new() { Integration = "billing", Type = type, MessageId = messageId, ContentType = "text/plain", Body = new byte[] { 1 } };

    private async Task<EngineHost> StartAsync(EventHandlerDelegate bad, TimeSpan? timeout = null)
    {
        var host = await EngineHost.StartAsync(
            Choose,
            ScriptedSender.Always(AttemptResult.Success()),
            billing => billing
                .On("bad", bad, handler => handler with { Retry = Quick, Timeout = timeout ?? TimeSpan.FromSeconds(2) })
                .On("good", (context, _) => BookAsync(context), handler => handler with { Retry = Quick }),
            carrick =>
            {
                carrick.Services.AddSingleton<TimeProvider>(new FastTime());
                carrick.Services.AddSingleton<ILoggerProvider>(_log);
                carrick.Services.AddScoped(_ => new Endless(_release.Task));
            });
        await CreateEffectsAsync();
        return host;
    }

    private async Task EndlessAsync(string way, EventContext context, CancellationToken cancellationToken)
    {
        await BookAsync(context);
        Interlocked.Increment(ref _started);
        var (connection, transaction) = (context.Connection, context.Transaction);
        switch (way)
        {
            case "blocks its thread":
                _release.Task.Wait(CancellationToken.None);
                break;
            case "goes on after the cancellation":
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await _release.Task;
                break;
            case "waits in its services":
                context.Services.GetRequiredService<Endless>();
                return;
            case "waits for a statement":
                await Record.ExceptionAsync(() => ExecuteAsync(connection, EndlessStatement, transaction));
                break;
            default:
                await _release.Task;
                break;
        }

        _late.Enqueue(await Record.ExceptionAsync(() => BookAsync(context)));
        _late.Enqueue(await Record.ExceptionAsync(() => ExecuteAsync(connection, $"INSERT INTO {Effects} VALUES ('late')", transaction)));
        _late.Enqueue(await Record.ExceptionAsync(() => ExecuteAsync(connection, $"INSERT INTO {Effects} VALUES ('late')")));
        _late.Enqueue(Record.Exception(() => context.Publish("late", new byte[] { 1 }, "application/octet-stream")));
    }

    private Task BookAsync(EventContext context) =>
        ExecuteAsync(context.Connection, $"INSERT INTO {Effects} VALUES ('{context.Event.MessageId}')", context.Transaction);

    private async Task<long> EffectsAsync()
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100
        command.CommandText = $"SELECT count(*) FROM {Effects}";
#pragma warning restore CA2100
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }

    private static async Task ExecuteAsync(DbConnection connection, string sql, DbTransaction? transaction = null)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandTimeout = 0;
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private sealed class Endless(Task release) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await release;
    }
}
