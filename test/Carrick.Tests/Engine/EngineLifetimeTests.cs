using System.Diagnostics.Metrics;
using Carrick.Delivery;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Carrick.Tests.Engine;

public sealed class EngineLifetimeTests
{
    [Fact]
    public async Task Start_StoreTakenByAnotherEngine_FailsClearlyAndHarmsNeither()
    {
        using var folder = new TemporaryFolder();
        await using var first = await EngineHost.StartAsync(folder, ScriptedSender.Always(AttemptResult.Success(200)), Endpoint);
        var refused = await Assert.ThrowsAsync<StoreException>(
            () => EngineHost.StartAsync(folder, ScriptedSender.Always(AttemptResult.Success(200)), Endpoint));
        Assert.Equal(StoreFailure.Taken, refused.Failure);
        await first.IngestAsync("m1");
        await first.WhenCountAsync(DeliveryState.Succeeded, 1);
    }

    [Fact]
    public async Task Stop_ThenIngest_IsRefusedAndNothingStored()
    {
        using var folder = new TemporaryFolder();
        await using var host = await EngineHost.StartAsync(folder, ScriptedSender.Always(AttemptResult.Success(200)), Endpoint);
        await host.StopAsync();
        Assert.Equal(EngineState.Stopped, host.Engine.State);
        await Assert.ThrowsAsync<EngineFullException>(() => host.IngestAsync("m1"));
    }

    [Fact]
    public async Task Apply_NewRemovedAndChangedConsumers_TakeEffectAndLoseNothing()
    {
        using var folder = new TemporaryFolder();
        var sender = ScriptedSender.Always(AttemptResult.Success(200));
        await using var host = await EngineHost.StartAsync(folder, sender, Endpoint);
        await ApplyAsync(host, "orders", "extra");
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Succeeded, 2);
        await ApplyAsync(host, "extra");
        await host.IngestAsync("m2");
        await host.WhenCountAsync(DeliveryState.Succeeded, 3);
        Assert.Equal(["billing/extra"], host.Operations.ListConsumers().Select(consumer => consumer.Definition.Name));
        await ApplyAsync(host, "orders", "extra");
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Apply_InvalidDefinitions_NamesEveryErrorAndKeepsTheLastGoodOnes()
    {
        using var folder = new TemporaryFolder();
        await using var host = await EngineHost.StartAsync(folder, ScriptedSender.Always(AttemptResult.Success(200)), Endpoint);
        var bad = new IntegrationDefinition
        {
            Name = "billing",
            Consumers =
            [
                Definition("orders") with { Timeout = TimeSpan.Zero },
                Definition("other") with { Url = new Uri("ftp://127.0.0.1/") },
            ],
        };
        var refused = await Assert.ThrowsAsync<ArgumentException>(async () => await host.Engine.ApplyAsync([bad], TestContext.Current.CancellationToken));
        Assert.Contains("billing/orders", refused.Message, StringComparison.Ordinal);
        Assert.Contains("billing/other", refused.Message, StringComparison.Ordinal);
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
    }

    [Fact]
    public async Task Apply_OrderOfARunningConsumerChanged_IsRefused()
    {
        using var folder = new TemporaryFolder();
        await using var host = await EngineHost.StartAsync(folder, ScriptedSender.Always(AttemptResult.Success(200)), Endpoint);
        var reordered = new IntegrationDefinition { Name = "billing", Consumers = [Definition("orders") with { Order = OrderingMode.Subject }] };
        var refused = await Assert.ThrowsAsync<ArgumentException>(async () => await host.Engine.ApplyAsync([reordered], TestContext.Current.CancellationToken));
        Assert.Contains("order cannot change", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_OfDepth_EqualTheCountsInSql()
    {
        using var folder = new TemporaryFolder();
        await using var host = await EngineHost.StartAsync(
            folder, ScriptedSender.Always(AttemptResult.Failure(Carrick.Retry.FailureCategory.Permanent, "400", 400)), Endpoint);
        for (var i = 0; i < 7; i++)
        {
            await host.IngestAsync($"m{i}");
        }

        await host.WhenCountAsync(DeliveryState.Dead, 7);
        await host.AssertDepthsAsync();
        Dictionary<string, long> seen = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, me) =>
        {
            if (instrument.Name == "carrick.dlq.depth" && instrument.Meter.Scope is IMeterFactory scope && scope == host.Meters)
            {
                me.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => seen[(string)tags[0].Value!] = value);
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Equal(7, seen["billing/orders"]);
    }

    [Fact]
    public async Task Idle_WithADelayedDelivery_ReadsAndCommitsAtMostOnceASecond()
    {
        using var folder = new TemporaryFolder();
        var failing = ScriptedSender.Always(AttemptResult.Failure(FailureCategory.Throttled, "later", 429, DateTimeOffset.UtcNow.AddHours(1)));
        await using var host = await EngineHost.StartAsync(folder, failing, Endpoint);
        await host.IngestAsync("m1");
        await host.AssertDepthsAsync();
        await host.WhenAsync(() => Task.FromResult(host.Consumer("billing/orders").Depth.Delayed == 1), "the delivery to be delayed");

        var before = host.Store.Statistics;
        var length = TimeSpan.FromSeconds(3);
        await Task.Delay(length, TimeProvider.System, TestContext.Current.CancellationToken);
        var after = host.Store.Statistics;

        Assert.InRange(after.Reads - before.Reads + after.Commits - before.Commits, 0, (long)length.TotalSeconds);
    }

    [Fact]
    public async Task StopAndDispose_Racing_NeverHangOrThrow()
    {
        for (var round = 0; round < 60; round++)
        {
            using var folder = new TemporaryFolder();
            var host = await EngineHost.StartAsync(folder, ScriptedSender.Always(AttemptResult.Success(200)), Endpoint);
            await host.IngestAsync("m1");
            var engine = host.Service<CarrickEngine>();
            Task[] ends =
            [
                Task.Run(() => engine.StopAsync(CancellationToken.None), TestContext.Current.CancellationToken),
                Task.Run(() => engine.StopAsync(new CancellationToken(round % 2 == 0)), TestContext.Current.CancellationToken),
                Task.Run(async () => await engine.DisposeAsync(), TestContext.Current.CancellationToken),
                Task.Run(async () => await host.DisposeAsync(), TestContext.Current.CancellationToken),
            ];

            await Task.WhenAll(ends).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

            Assert.Equal(EngineState.Stopped, engine.State);
        }
    }

    [Fact]
    public async Task Apply_HandlerDatabaseOfARunningConsumerChanged_IsRefused()
    {
        using var folder = new TemporaryFolder();
        IntegrationDefinition With(Carrick.Handlers.IHandlerDatabase database) => new()
        {
            Name = "billing",
            Consumers = [new HandlerDefinition { Name = "billing/book", Integration = "billing", Handler = (_, _) => Task.CompletedTask, Database = database }],
        };
        var (one, other) = (Database("one"), Database("other"));
        await using var host = await EngineHost.StartAsync(folder, ScriptedSender.Always(AttemptResult.Success(200)), _ => { });
        await host.Engine.ApplyAsync([With(one)], TestContext.Current.CancellationToken);
        await host.Engine.ApplyAsync([With(one)], TestContext.Current.CancellationToken);

        var refused = await Assert.ThrowsAsync<ArgumentException>(async () => await host.Engine.ApplyAsync([With(other)], TestContext.Current.CancellationToken));

        Assert.Contains("billing/book", refused.Message, StringComparison.Ordinal);
        Assert.Contains("database cannot change", refused.Message, StringComparison.Ordinal);

        Carrick.Handlers.IHandlerDatabase Database(string name) =>
            new Carrick.Sqlite.Handlers.SqliteHandlerDatabase(new Carrick.Sqlite.Raw.SqliteFile($"Data Source={folder.Path}/{name}.db"));
    }

    [Fact]
    public async Task Apply_AfterTheStop_IsRefusedAndStartsNothing()
    {
        using var folder = new TemporaryFolder();
        await using var host = await EngineHost.StartAsync(folder, ScriptedSender.Always(AttemptResult.Success(200)), Endpoint);
        await host.StopAsync();

        await Assert.ThrowsAsync<EngineFullException>(async () => await ApplyAsync(host, "orders", "extra"));

        Assert.Equal(["billing/orders"], host.Operations.ListConsumers().Select(consumer => consumer.Definition.Name));
    }

    private static void Endpoint(IntegrationBuilder billing) => billing.AddConsumer(Definition("orders"));

    private static ValueTask ApplyAsync(EngineHost host, params string[] endpoints) => host.Engine.ApplyAsync(
        [new IntegrationDefinition { Name = "billing", Consumers = [.. endpoints.Select(Definition)] }], TestContext.Current.CancellationToken);

    private static EndpointDefinition Definition(string name) =>
        new() { Name = $"billing/{name}", Integration = "billing", Url = new Uri("http://127.0.0.1:9/") };
}
