using Carrick.Delivery;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Xunit;

namespace Carrick.Tests.Engine;

/// <summary>What operators and retention do while deliveries move.</summary>
public sealed class OperationTests
{
    private static readonly Operator Person = new("key_test", "because");

    [Fact]
    public async Task Enable_OfAnEndpointThatAskedForAPause_KeepsThePause()
    {
        using var folder = new TemporaryFolder();
        var until = TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(10);
        var sender = ScriptedSender.Always(AttemptResult.Failure(FailureCategory.Throttled, "429", 429, until));
        await using (var host = await EngineHost.StartAsync(folder, sender, OneEndpoint()))
        {
            await host.IngestAsync("m1");
            await host.WhenCountAsync(DeliveryState.Retrying, 1);
            Assert.True(await host.Operations.SetConsumerEnabledAsync("billing/orders", true, Person, TestContext.Current.CancellationToken));
            await host.IngestAsync("m2");
            Assert.True(host.Consumer("billing/orders").State.GateUntil >= until);
        }

        await using var again = await EngineHost.StartAsync(folder, sender, OneEndpoint());
        Assert.True(again.Consumer("billing/orders").State.GateUntil >= until);
        Assert.Single(sender.Sent);
    }

    [Fact]
    public async Task Retry_OfARunningRetry_SendsItOnceAndCountsRight()
    {
        using var folder = new TemporaryFolder();
        var answer = new TaskCompletionSource<AttemptResult>();
        var sender = new ScriptedSender((_, _, attempt, _) => attempt == 1
            ? Task.FromResult(AttemptResult.Failure(FailureCategory.Transient, "500", 500))
            : answer.Task);
        await using var host = await EngineHost.StartAsync(folder, sender, OneEndpoint());
        await host.IngestAsync("m1");
        await host.WhenAsync(() => Task.FromResult(sender.Sent.Count == 2), "the second attempt");
        var delivery = (await host.DeliveriesAsync())[0].Id;
        Assert.Equal(delivery, await host.Operations.RetryAsync(delivery, Person, TestContext.Current.CancellationToken));
        await host.AssertDepthsAsync();
        answer.SetResult(AttemptResult.Success(200));
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        await host.AssertDepthsAsync();
        Assert.Equal(2, sender.Sent.Count);
    }

    [Fact]
    public async Task Discard_OfARunningRetry_EndsItAndCountsRight()
    {
        using var folder = new TemporaryFolder();
        var answer = new TaskCompletionSource<AttemptResult>();
        var sender = new ScriptedSender((_, _, attempt, _) => attempt == 1
            ? Task.FromResult(AttemptResult.Failure(FailureCategory.Transient, "500", 500))
            : answer.Task);
        await using var host = await EngineHost.StartAsync(folder, sender, OneEndpoint());
        await host.IngestAsync("m1");
        await host.WhenAsync(() => Task.FromResult(sender.Sent.Count == 2), "the second attempt");
        Assert.True(await host.Operations.DiscardAsync((await host.DeliveriesAsync())[0].Id, Person, TestContext.Current.CancellationToken));
        answer.SetResult(AttemptResult.Failure(FailureCategory.Transient, "500", 500));
        await host.WhenAsync(() => Task.FromResult(host.Consumer("billing/orders").Running == 0), "the attempt to end");
        await host.WhenCountAsync(DeliveryState.Discarded, 1);
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Retention_OfOpenDeadLetters_LowersTheDepth()
    {
        using var folder = new TemporaryFolder();
        var sender = ScriptedSender.Always(AttemptResult.Failure(FailureCategory.Permanent, "400", 400));
        await using var host = await EngineHost.StartAsync(folder, sender, OneEndpoint());
        for (var i = 0; i < 5; i++)
        {
            await host.IngestAsync($"m{i}");
        }

        await host.WhenCountAsync(DeliveryState.Dead, 5);
        var (soon, past) = (TimeProvider.System.GetUtcNow().AddDays(1), TimeProvider.System.GetUtcNow().AddDays(-1));
        var retention = new RetentionCommand { EventsBefore = past, KeysBefore = past, DeadLettersBefore = soon, Limit = 3 };
        await host.Commits.SubmitAsync(retention, TestContext.Current.CancellationToken);

        Assert.Equal(3, Assert.Single(retention.OpenDeadLettersDeleted).Value);
        await host.AssertDepthsAsync();
        Assert.Equal(2, host.Consumer("billing/orders").Depth.Dead);
    }

    private static Action<IntegrationBuilder> OneEndpoint() => billing => billing.DeliverTo(
        "orders",
        new Uri("http://127.0.0.1:9/"),
        endpoint => endpoint with { Retry = new RetryPolicy { Attempts = 3, Base = TimeSpan.FromMilliseconds(20), Cap = TimeSpan.FromMilliseconds(40) } });
}
