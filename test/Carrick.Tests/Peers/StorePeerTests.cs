using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Carrick.Commit;
using Carrick.Delivery;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Tests.Commit;
using Carrick.Tests.Engine;
using Carrick.Tests.Receiving;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Carrick.Tests.Peers;

/// <summary>Failures of peers between the engine and its store.</summary>
public sealed class StorePeerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ingest_AgainAfterTheStoreRefused_IsNoDuplicate()
    {
        using var folder = new TemporaryFolder();
        await using var host = await EngineHost.StartAsync(
            folder, ScriptedSender.Always(AttemptResult.Success()), billing => billing.DeliverTo("orders", new Uri("http://127.0.0.1:1")));
        await using var other = new SqliteConnection($"Data Source={folder.Path}/carrick.db;Pooling=False");
        await other.OpenAsync(Token);
        await ExecuteAsync(other, "BEGIN IMMEDIATE");

        await Assert.ThrowsAsync<EngineFullException>(async () => await host.IngestAsync("m1"));

        await ExecuteAsync(other, "ROLLBACK");
        await host.WhenAsync(() => Task.FromResult(host.Engine.Problem is null), "the end of the outage");
        var again = await host.IngestAsync("m1");
        Assert.False(again.Duplicate);
        Assert.Equal(again with { Duplicate = true }, await host.IngestAsync("m1"));
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
    }

    [Fact]
    public async Task Handler_Committed_StartsWithoutAReadOfTheStore()
    {
        using var folder = new TemporaryFolder();
        var reads = new ConcurrentDictionary<string, int>();
        await using var host = await EngineHost.StartAsync(
            folder,
            ScriptedSender.Always(AttemptResult.Success()),
            billing => billing.On("invoice.paid", (_, _) => Task.CompletedTask),
            carrick => CountReads(carrick, name => reads.AddOrUpdate(name, 1, (_, count) => count + 1)));
        await host.IngestAsync("first");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        var before = reads.ToDictionary();

        for (var i = 1; i <= 50; i++)
        {
            await host.IngestAsync($"m{i}", body: new string('x', 1_000));
        }

        await host.WhenCountAsync(DeliveryState.Succeeded, 51);
        Assert.NotEmpty(before);
        Assert.Equal(before.OrderBy(pair => pair.Key), reads.ToDictionary().OrderBy(pair => pair.Key));
    }

    [Fact]
    public async Task Outage_OfFiveSeconds_IsTriedAtMostEightTimes()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var store = new ScriptedStore { Failure = new StoreException("The disk is full.", StoreFailure.Full) };
        using var queue = new CommitQueue(
            store, new CommitThread(), Options.Create(new CarrickOptions()), new CommitMetrics(services.GetRequiredService<IMeterFactory>(), TimeProvider.System), NullLogger<CommitQueue>.Instance);
        queue.Start(new RecordIdGenerator(TimeProvider.System, 2UL << 62, 0));
        var since = TimeProvider.System.GetTimestamp();

        await Assert.ThrowsAsync<EngineFullException>(async () => await queue.SubmitAsync(new ProbeCommand(), Token));
        await Wait.Until(() => TimeProvider.System.GetElapsedTime(since) >= TimeSpan.FromSeconds(5));

        Assert.InRange(store.Tries, 2, 8);
        store.Failure = null;
        await Wait.Until(() => queue.Problem is null);
        await queue.StopAsync();
    }

    [Fact]
    public async Task Delivery_ThrottledForLong_IsInTheDelayedDepthWhileItWaits()
    {
        using var folder = new TemporaryFolder();
        var until = TimeProvider.System.GetUtcNow().AddHours(1);
        var sender = ScriptedSender.Always(AttemptResult.Failure(FailureCategory.Throttled, "429", 429) with { RetryAfter = until });
        await using var host = await EngineHost.StartAsync(folder, sender, billing => billing.DeliverTo("orders", new Uri("http://127.0.0.1:1")));

        await host.IngestAsync("m1");
        await host.WhenAsync(() => Task.FromResult(host.Consumer("billing/orders").Depth.Delayed == 1), "the throttled delivery");

        Assert.Equal(1, Gauge(host, "carrick.queue.depth", "delayed"));
        Assert.Equal(0, Gauge(host, "carrick.queue.depth", "ready"));
        var waiting = Assert.Single(await host.DeliveriesAsync(DeliveryState.Retrying));
        Assert.InRange(waiting.DueAt!.Value, until, until.AddMilliseconds(1));
    }

    private static void CountReads(CarrickBuilder carrick, Action<string> count)
    {
        var store = carrick.Services.Last(service => service.ServiceType == typeof(IStore)).ImplementationFactory!;
        carrick.UseStore(services =>
        {
            var inner = (IStore)store(services);
            return CountingProxy<IStore>.Wrap(
                inner,
                _ => { },
                (name, result) => name == "get_" + nameof(IStore.Work) ? CountingProxy<IWorkReader>.Wrap((IWorkReader)result!, count) : result);
        });
    }

    private static long Gauge(EngineHost host, string name, string state)
    {
        long? value = null;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == name && instrument.Meter.Scope == host.Meters)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, measurement, tags, _) =>
        {
            if (tags.ToArray().Any(tag => tag is { Key: "state", Value: string text } && text == state))
            {
                value = (value ?? 0) + measurement;
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return value ?? throw new InvalidOperationException($"'{name}' was not measured.");
    }

    private static async Task ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Token);
    }
}
