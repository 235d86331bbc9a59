using System.Diagnostics.Metrics;
using Carrick.Delivery;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Tests.Receiving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Carrick.Tests.Engine;

/// <summary>What the host has listen to metrics and logs runs on our threads; when it throws, nothing of ours suffers.</summary>
public sealed class ListenerFailureTests
{
    [Fact]
    public async Task Listener_ThatThrowsForEveryMeasurement_EndsNoDeliveryOtherwise()
    {
        using var folder = new TemporaryFolder();
        var log = new Receiving.LogRecorder();
        await using var host = await EngineHost.StartAsync(folder, Sender(), Configure, carrick => carrick.Services.AddLogging(logging => logging.AddProvider(log)));
        using var listener = Listen(host);

        await LoadAsync(host);

        Assert.Equal(EngineState.Running, host.Engine.State);
        var told = log.Lines.Where(line => line.Id.Id == 1115).ToList();
        Assert.Contains(told, line => line.Text.Contains("carrick.outbound.attempts", StringComparison.Ordinal));
        Assert.Contains(told, line => line.Text.Contains("carrick.store.commit.duration", StringComparison.Ordinal));
        Assert.Equal(told.Count, told.DistinctBy(line => line.Text.Split(':')[0]).Count());
    }

    [Fact]
    public async Task Logger_ThatThrowsForEveryLine_EndsNoDeliveryOtherwise()
    {
        using var folder = new TemporaryFolder();
        await using var host = await EngineHost.StartAsync(
            folder, Sender(), Configure, carrick => carrick.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new Throwing())));

        await LoadAsync(host);

        Assert.Equal(EngineState.Running, host.Engine.State);
    }

    private static ScriptedSender Sender() => new((endpoint, _, attempt, _) => Task.FromResult((endpoint.Name, attempt) switch
    {
        ("billing/gone", _) => AttemptResult.Failure(FailureCategory.Gone, "410", 410) with { ErrorType = "410" },
        ("billing/dead", _) => AttemptResult.Failure(FailureCategory.Permanent, "400", 400) with { ErrorType = "400" },
        ("billing/again", < 3) => AttemptResult.Failure(FailureCategory.Transient, "500", 500) with { ErrorType = "500" },
        ("billing/slow", 1) => AttemptResult.Failure(FailureCategory.Throttled, "429", 429, TimeProvider.System.GetUtcNow().AddMilliseconds(20)) with { ErrorType = "429" },
        ("billing/bug", 1) => throw new InvalidOperationException("Planted."),
        _ => AttemptResult.Success(200),
    }));

    private static void Configure(IntegrationBuilder billing)
    {
        foreach (var name in new[] { "gone", "dead", "again", "slow", "bug", "good" })
        {
            billing.DeliverTo(
                name, new Uri("http://127.0.0.1:9/"), endpoint => endpoint with { Retry = new RetryPolicy { Base = TimeSpan.FromMilliseconds(5) }, Rate = new RateLimit(100, TimeSpan.FromSeconds(1)) });
        }
    }

    private static async Task LoadAsync(EngineHost host)
    {
        for (var i = 0; i < 20; i++)
        {
            await host.IngestAsync($"m{i}");
        }

        // The first 410 disables its endpoint; what was on its way to it may end or wait.
        await host.WhenAsync(
            () => Task.FromResult(host.Operations.ListConsumers().All(consumer => consumer.Running == 0 && (consumer.Definition.Name == "billing/gone" || IsDrained(consumer)))),
            "every delivery to end");
        Assert.NotNull(host.Consumer("billing/gone").State.DisabledAt);
        Assert.Equal(20, host.Consumer("billing/dead").Depth.Dead);
        await host.AssertDepthsAsync();
    }

    private static bool IsDrained(ConsumerStatus consumer) => consumer.Depth.Ready + consumer.Depth.Delayed == 0;

    private static MeterListener Listen(EngineHost host)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, host.Meters))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => throw new InvalidOperationException("A listener of the host."));
        listener.SetMeasurementEventCallback<int>((_, _, _, _) => throw new InvalidOperationException("A listener of the host."));
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => throw new InvalidOperationException("A listener of the host."));
        listener.Start();
        return listener;
    }

    private sealed class Throwing : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("Carrick.", StringComparison.Ordinal) && !categoryName.StartsWith("Carrick.Hosting", StringComparison.Ordinal)
            ? this
            : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => throw new InvalidOperationException("A provider of the host.");

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("A provider of the host.");

        public void Dispose()
        {
        }
    }
}
