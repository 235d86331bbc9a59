using System.Diagnostics.Metrics;
using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Carrick.Tests.Engine;

/// <summary>No failure is silent, and none that its own code meets on the way to the log, to the metrics or to an end stops a handler's database.</summary>
public sealed class HandlerFailureLogTests : IDisposable
{
    private const int LogDead = 1111;
    private const int LogFailed = 1216;
    private const int LogCancelFailed = 1217;
    private static readonly RetryPolicy Quick = new() { Attempts = 2, Base = TimeSpan.FromMilliseconds(20), Cap = TimeSpan.FromMilliseconds(40) };
    private readonly TemporaryFolder _folder = new();
    private readonly LogRecorder _log = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _folder.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task Handler_Throws_IsLoggedForEachAttemptAndWhenItDies_AndTheReasonNamesIt()
    {
        var thrown = new ArgumentException("bad\r\nthing");
        await using var host = await StartAsync((_, _) => throw thrown);
        var id = (await host.IngestAsync("m1")).Id;
        await host.WhenCountAsync(DeliveryState.Dead, 1);

        var reason = await ReasonAsync(host);
        var delivery = (await host.DeliveriesAsync())[0].Id;
        Assert.Equal(2, _log.Of(LogFailed).Count);
        foreach (var (line, attempt) in _log.Of(LogFailed).Zip([1, 2]))
        {
            Assert.Equal((LogLevel.Warning, thrown), (line.Level, line.Exception));
            foreach (var part in new[] { "billing/invoice.paid", $"attempt {attempt}", delivery.ToString(IdPrefix.Delivery), id.ToString(IdPrefix.Event), "ArgumentException: bad  thing" })
            {
                Assert.Contains(part, line.Text, StringComparison.Ordinal);
            }
        }

        var dead = Assert.Single(_log.Of(LogDead));
        Assert.Equal(LogLevel.Error, dead.Level);
        Assert.Contains(delivery.ToString(IdPrefix.Delivery), dead.Text, StringComparison.Ordinal);
        Assert.Contains("System.ArgumentException: bad  thing", dead.Text, StringComparison.Ordinal);
        Assert.Equal("Failed 2 times, the budget of the retry policy. System.ArgumentException: bad  thing", reason);
    }

    [Fact]
    public async Task Handler_FailsForGood_TheReasonNamesItWithoutTheBody_AndIsShort()
    {
        const string Body = "{\"card\":\"4242424242424242\"}";
        await using var host = await StartAsync((_, _) => throw new PermanentFailureException($"Cannot read {Body} {new string('x', 5_000)}"));
        await host.IngestAsync("m1", body: Body);
        await host.WhenCountAsync(DeliveryState.Dead, 1);

        var reason = await ReasonAsync(host);
        Assert.StartsWith("Failed for good: trying again would not help. Carrick.PermanentFailureException: Cannot read [redacted] xxx", reason, StringComparison.Ordinal);
        Assert.InRange(reason.Length, 100, 400);
        Assert.DoesNotContain("4242", _log.Of(LogDead)[0].Text, StringComparison.Ordinal);
        Assert.DoesNotContain("4242", _log.Of(LogFailed)[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handler_TimesOut_IsLogged()
    {
        await using var host = await StartAsync(
            (_, cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken), timeout: TimeSpan.FromMilliseconds(50));
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Dead, 1);

        Assert.Equal(2, _log.Of(LogFailed).Count);
        Assert.Contains("Timed out", await ReasonAsync(host), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handler_CutOffByAStop_IsNotLogged()
    {
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var host = await StartAsync(async (_, cancellationToken) =>
        {
            running.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }))
        {
            await host.IngestAsync("m1");
            await running.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        }

        Assert.Empty(_log.Of(LogFailed));
        Assert.Empty(_log.Of(LogDead));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Handler_ThrowsWhatCannotBeRead_FailsItsAttempt_AndTheOthersGoOn(bool inMessage)
    {
        await using var host = await StartAsync((context, _) =>
            context.Event.MessageId == "bad" ? throw new UnreadableException(inMessage) : Task.CompletedTask);
        await host.IngestAsync("bad");
        await host.WhenCountAsync(DeliveryState.Dead, 1);
        await host.IngestAsync("good");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);

        Assert.Contains(nameof(UnreadableException), await ReasonAsync(host), StringComparison.Ordinal);
        Assert.Null(host.Engine.Problem);
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Handler_WhileEverySinkOfTheLogThrows_FailsItsAttempt_AndTheOthersGoOn()
    {
        await using var host = await StartAsync(
            (context, _) => context.Event.MessageId == "bad" && context.Attempt == 1 ? throw new InvalidOperationException("No.") : Task.CompletedTask, log: new ThrowingLog());
        await host.IngestAsync("bad");
        await host.IngestAsync("good");

        await host.WhenCountAsync(DeliveryState.Succeeded, 2);
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Handler_CallbackOfItsTokenThrows_TimesOutAndIsTriedAgain()
    {
        await using var host = await StartAsync(
            async (context, cancellationToken) =>
            {
                cancellationToken.Register(() => throw new NotSupportedException("A bug of a callback."));
                if (context.Attempt == 1)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
                }
            },
            timeout: TimeSpan.FromMilliseconds(50));
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);

        Assert.Equal(2, (await host.DeliveriesAsync())[0].Attempts);
        Assert.Equal(LogLevel.Warning, Assert.Single(_log.Of(LogCancelFailed)).Level);
    }

    [Fact]
    public async Task Handler_WhileAListenerOfMetricsThrows_EveryDeliveryEnds_AndTheLaneGoesOn()
    {
        await using var host = await StartAsync((context, _) =>
            context.Event.MessageId == "dead" ? throw new PermanentFailureException("No.") : Task.CompletedTask);
        using (var listener = new MeterListener())
        {
            listener.InstrumentPublished = (instrument, me) =>
            {
                if (instrument.Name.StartsWith("carrick.processing", StringComparison.Ordinal) && ReferenceEquals(instrument.Meter.Scope, host.Meters))
                {
                    me.EnableMeasurementEvents(instrument);
                }
            };
            listener.SetMeasurementEventCallback<long>((_, _, _, _) => throw new NotSupportedException("A bug of a listener."));
            listener.Start();
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i => host.IngestAsync(i == 7 ? "dead" : $"m{i}")));
            await host.WhenAsync(
                async () => (await host.DeliveriesAsync()).All(delivery => delivery.State is DeliveryState.Succeeded or DeliveryState.Dead)
                    && host.Operations.ListConsumers().All(consumer => consumer.Running == 0),
                "no delivery to be running");
        }

        await host.IngestAsync("later");
        await host.WhenCountAsync(DeliveryState.Succeeded, 20);
        await host.WhenAsync(() => Task.FromResult(host.Engine.Problem is null), "the engine to be well again");
    }

    // The row is dead a moment before the log says so.
    private async Task<string> ReasonAsync(EngineHost host)
    {
        await host.WhenCountAsync(DeliveryState.Dead, 1);
        await host.WhenAsync(() => Task.FromResult(_log.Of(LogDead).Count > 0), "the log to say that it is dead");
        return Assert.Single(await host.DeliveriesAsync(DeliveryState.Dead)).Reason!;
    }

    private Task<EngineHost> StartAsync(EventHandlerDelegate handler, TimeSpan? timeout = null, ILoggerProvider? log = null) => EngineHost.StartAsync(
        _folder,
        ScriptedSender.Always(AttemptResult.Success()),
        billing => billing.On("invoice.paid", handler, definition => definition with { Retry = Quick, Timeout = timeout ?? definition.Timeout }),
        carrick => carrick.Services.AddSingleton(log ?? _log));

    private sealed class UnreadableException(bool inMessage) : Exception
    {
        public override string Message => inMessage ? throw new NotSupportedException("No message.") : "A message.";

        public override string ToString() => throw new NotSupportedException("No text.");
    }

    private sealed class ThrowingLog : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => categoryName.Contains(".Handlers.", StringComparison.Ordinal) ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new NotSupportedException("The disk of the log is full.");

        public void Dispose()
        {
        }
    }
}
