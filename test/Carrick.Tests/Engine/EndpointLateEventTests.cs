using Carrick.Delivery;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Retry;
using Carrick.Storage;
using Xunit;

namespace Carrick.Tests.Engine;

public sealed class EndpointLateEventTests
{
    private static readonly Operator Person = new("key_test", "because");
    private readonly ScriptedSender _sender = ScriptedSender.Always(AttemptResult.Success(200));

    [Fact]
    public async Task Endpoint_LateEvent_IsSkippedWithoutARequestAndEqualAndNewerOnesAreDelivered()
    {
        using var folder = new TemporaryFolder();
        await using var host = await EngineHost.StartAsync(folder, _sender, OneEndpoint());
        await DeliverAsync(host, "m1", 5, DeliveryState.Succeeded, 1);
        await DeliverAsync(host, "older", 4, DeliveryState.Skipped, 1);
        await DeliverAsync(host, "equal", 5, DeliveryState.Succeeded, 2);
        await DeliverAsync(host, "newer", 6, DeliveryState.Succeeded, 3);
        await DeliverAsync(host, "unversioned", null, DeliveryState.Succeeded, 4);
        await host.IngestAsync("other subject", subject: "cus_2", version: 1);
        await host.IngestAsync("no subject", version: 1);
        await host.WhenCountAsync(DeliveryState.Succeeded, 6);
        Assert.Equal(["equal", "m1", "newer", "no subject", "other subject", "unversioned"], Sent().Order(StringComparer.Ordinal));
        var skipped = Assert.Single(await host.DeliveriesAsync(DeliveryState.Skipped));
        Assert.Equal(0, skipped.Attempts);
        Assert.Empty(await host.Store.Queries.ListAttemptsAsync(skipped.Id, TestContext.Current.CancellationToken));
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Endpoint_LateAfterARestart_IsSkipped()
    {
        using var folder = new TemporaryFolder();
        await using (var host = await EngineHost.StartAsync(folder, _sender, OneEndpoint()))
        {
            await DeliverAsync(host, "new", 5, DeliveryState.Succeeded, 1);
        }

        await using var again = await EngineHost.StartAsync(folder, _sender, OneEndpoint());
        await DeliverAsync(again, "old", 4, DeliveryState.Skipped, 1);
        Assert.Equal(["new"], Sent());
    }

    [Fact]
    public async Task Endpoint_OvertakenWhileItWaitedForARetry_IsSkipped()
    {
        using var folder = new TemporaryFolder();
        var sender = new ScriptedSender((_, record, _, _) => Task.FromResult(
            record.MessageId == "old" ? AttemptResult.Failure(FailureCategory.Transient, "500", 500) : AttemptResult.Success(200)));
        await using var host = await EngineHost.StartAsync(folder, sender, OneEndpoint());
        await DeliverAsync(host, "old", 1, DeliveryState.Retrying, 1);
        await DeliverAsync(host, "new", 2, DeliveryState.Succeeded, 1);
        var old = Assert.Single(await host.DeliveriesAsync(DeliveryState.Retrying));
        await host.Operations.RetryAsync(old.Id, Person, TestContext.Current.CancellationToken);
        await host.WhenCountAsync(DeliveryState.Skipped, 1);
        Assert.Equal(["old", "new"], sender.Sent.Select(sent => sent.Record.MessageId));
        Assert.Equal(1, Assert.Single(await host.DeliveriesAsync(DeliveryState.Skipped)).Attempts);
    }

    [Fact]
    public async Task Endpoint_LateEventReplayed_IsDeliveredOnlyWhenForcedAndLowersNothing()
    {
        using var folder = new TemporaryFolder();
        await using var host = await EngineHost.StartAsync(folder, _sender, OneEndpoint());
        await DeliverAsync(host, "new", 5, DeliveryState.Succeeded, 1);
        var late = await DeliverAsync(host, "late", 3, DeliveryState.Skipped, 1);
        await host.Operations.ReplayEventAsync(late, null, force: false, Person, TestContext.Current.CancellationToken);
        await host.WhenCountAsync(DeliveryState.Skipped, 2);
        await host.Operations.ReplayEventAsync(late, null, force: true, Person, TestContext.Current.CancellationToken);
        await host.WhenCountAsync(DeliveryState.Succeeded, 2);
        await DeliverAsync(host, "later", 4, DeliveryState.Skipped, 3);
        Assert.Equal(["new", "late"], Sent());
    }

    [Fact]
    public async Task Endpoint_InOrder_DeliversVersionsThatOnlyGrow()
    {
        using var folder = new TemporaryFolder();
        await using var host = await EngineHost.StartAsync(
            folder, _sender, OneEndpoint(endpoint => endpoint with { Order = OrderingMode.Subject }));
        long[] versions = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5];
        foreach (var (index, version) in versions.Index())
        {
            await host.IngestAsync($"m{index}", subject: "cus_1", version: version);
        }

        await host.WhenCountAsync(DeliveryState.Succeeded, 4);
        await host.WhenCountAsync(DeliveryState.Skipped, 7);
        Assert.Equal([3, 4, 5, 9], _sender.Sent.Select(sent => sent.Record.Version));
    }

    [Fact]
    public async Task Endpoint_WithoutTheSetting_DeliversLateEventsAndKeepsNoVersion()
    {
        using var folder = new TemporaryFolder();
        await using var host = await EngineHost.StartAsync(folder, _sender, OneEndpoint(endpoint => endpoint with { SkipLate = false }));
        await DeliverAsync(host, "new", 5, DeliveryState.Succeeded, 1);
        await DeliverAsync(host, "old", 4, DeliveryState.Succeeded, 2);
        var number = host.Consumer("billing/orders").State.Number;
        Assert.Null(await host.Store.Work.FindVersionAsync(number, "cus_1", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Endpoint_PublishedByAHandler_GoesByThePublishedVersion()
    {
        using var folder = new TemporaryFolder();
        await using var host = await EngineHost.StartAsync(
            folder,
            _sender,
            billing => billing
                .On("invoice.paid", (context, _) =>
                {
                    context.Publish("order.paid", "{}"u8.ToArray(), "application/json", "o1", context.Event.Version);
                    return Task.CompletedTask;
                })
                .DeliverTo("orders", new Uri("http://127.0.0.1:9/"), endpoint => endpoint with { Types = new TypeFilter(["order.*"]), SkipLate = true }),
            carrick => carrick.UseSqliteHandlerDatabase($"Data Source={folder.Path}/shop.db"));
        await host.IngestAsync("new", version: 2);
        await host.WhenCountAsync(DeliveryState.Succeeded, 2);
        await host.IngestAsync("old", version: 1);
        await host.WhenCountAsync(DeliveryState.Skipped, 1);
        Assert.Equal(2, Assert.Single(_sender.Sent).Record.Version);
    }

    private static Action<IntegrationBuilder> OneEndpoint(Func<EndpointDefinition, EndpointDefinition>? configure = null) => billing => billing
        .DeliverTo("orders", new Uri("http://127.0.0.1:9/"), endpoint => (configure ?? (same => same))(endpoint with
        {
            SkipLate = true,
            Retry = new RetryPolicy { Base = TimeSpan.FromHours(1), Cap = TimeSpan.FromHours(1) },
        }));

    private static async Task<RecordId> DeliverAsync(EngineHost host, string messageId, long? version, DeliveryState state, int count)
    {
        var result = await host.IngestAsync(messageId, subject: "cus_1", version: version);
        await host.WhenCountAsync(state, count);
        return result.Id;
    }

    private IEnumerable<string> Sent() => _sender.Sent.Select(sent => sent.Record.MessageId);
}
