using Carrick.Delivery;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Tests.Engine;

namespace Carrick.Tests.Peers;

/// <summary>Failures that others had in the field and that no test of a feature covers.</summary>
public sealed class PeerFailureTests
{
    private static readonly RetryPolicy Quick = new() { Attempts = 3, Base = TimeSpan.FromMilliseconds(20), Cap = TimeSpan.FromMilliseconds(40) };

    [Fact]
    public async Task Retries_OfOneEventForTwoEndpoints_AreKeptApart()
    {
        using var folder = new TemporaryFolder();
        var sender = new ScriptedSender((endpoint, _, attempt, _) => Task.FromResult(
            endpoint.Name == "billing/never" || attempt < 2 ? AttemptResult.Failure(FailureCategory.Transient, "down") : AttemptResult.Success()));
        await using var host = await EngineHost.StartAsync(
            folder,
            sender,
            billing => billing.DeliverTo("second", new Uri("http://127.0.0.1:1"), endpoint => endpoint with { Retry = Quick })
                .DeliverTo("never", new Uri("http://127.0.0.1:1"), endpoint => endpoint with { Retry = Quick }));
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        await host.WhenCountAsync(DeliveryState.Dead, 1);

        Assert.Equal([1, 2], sender.Sent.Where(call => call.Endpoint == "billing/second").Select(call => call.Attempt));
        Assert.Equal([1, 2, 3], sender.Sent.Where(call => call.Endpoint == "billing/never").Select(call => call.Attempt));
    }

    [Fact]
    public async Task Consumer_TakenOutOfTheConfigurationAndPutBack_DeliversWhatWaited()
    {
        using var folder = new TemporaryFolder();
        var up = false;
        var sender = new ScriptedSender((_, _, _, _) => Task.FromResult(
            Volatile.Read(ref up) ? AttemptResult.Success() : AttemptResult.Failure(FailureCategory.Transient, "down")));
        await using var host = await EngineHost.StartAsync(
            folder, sender, billing => billing.DeliverTo("orders", new Uri("http://127.0.0.1:1"), endpoint => endpoint with { Retry = Quick with { Attempts = 100 } }));
        IntegrationDefinition[] with = [.. host.Engine.Topology.Integrations];
        foreach (var i in Enumerable.Range(0, 5))
        {
            await host.IngestAsync($"m{i}");
        }

        await host.WhenAsync(() => Task.FromResult(sender.Sent.Count >= 5), "first attempts");
        await host.Engine.ApplyAsync([new IntegrationDefinition { Name = "billing" }], TestContext.Current.CancellationToken);
        Volatile.Write(ref up, true);

        // What comes meanwhile is accepted; nobody consumes it.
        await host.IngestAsync("meanwhile");
        Assert.Equal(EngineState.Running, host.Engine.State);
        Assert.Empty(await host.DeliveriesAsync(DeliveryState.Succeeded));

        await host.Engine.ApplyAsync(with, TestContext.Current.CancellationToken);
        await host.WhenCountAsync(DeliveryState.Succeeded, 5);
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Handler_CancelledByATokenThatIsNotOurs_HasFailedAndIsTriedAgain()
    {
        using var folder = new TemporaryFolder();
        await using var host = await EngineHost.StartAsync(
            folder,
            ScriptedSender.Always(AttemptResult.Success()),
            billing => billing.On(
                "invoice.paid",
                (context, _) => context.Attempt == 1 ? throw new TaskCanceledException("The request timed out.", new TimeoutException()) : Task.CompletedTask,
                handler => handler with { Retry = Quick }));
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);

        var attempts = await host.Store.Queries.ListAttemptsAsync((await host.DeliveriesAsync())[0].Id, TestContext.Current.CancellationToken);
        Assert.Equal([FailureCategory.Transient, FailureCategory.None], attempts.Select(attempt => attempt.Category));
    }

    [Fact]
    public async Task Depth_AfterDeadLettersAndSuccesses_CountsOutstandingWorkOnly()
    {
        using var folder = new TemporaryFolder();
        var sender = new ScriptedSender((_, record, _, _) => Task.FromResult(
            record.MessageId[^1] == '0' ? AttemptResult.Failure(FailureCategory.Permanent, "no", 400) : AttemptResult.Success()));
        await using var host = await EngineHost.StartAsync(
            folder, sender, billing => billing.DeliverTo("orders", new Uri("http://127.0.0.1:1")), carrick => carrick.Configure(options => options.ConsumerBuffer = 16));

        // Far more than fits into the buffers: what has ended takes no room.
        await Task.WhenAll(Enumerable.Range(0, 400).Select(i => host.IngestAsync($"m{i}")));
        await host.WhenCountAsync(DeliveryState.Dead, 40);
        await host.WhenCountAsync(DeliveryState.Succeeded, 360);
        await host.AssertDepthsAsync();

        var depth = host.Consumer("billing/orders").Depth;
        Assert.Equal((0, 0, 40), (depth.Ready, depth.Delayed, depth.Dead));
    }
}
