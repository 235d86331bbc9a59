using Carrick.Delivery;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Retry;
using Carrick.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Carrick.Tests.Engine;

public sealed class EndpointDeliveryTests
{
    private static readonly Operator Person = new("key_test", "because");
    private static readonly RetryPolicy Quick = new() { Attempts = 3, Base = TimeSpan.FromMilliseconds(20), Cap = TimeSpan.FromMilliseconds(40) };

    [Fact]
    public async Task Ingest_TwiceTheSameMessage_IsStoredAndDeliveredOnce()
    {
        using var folder = new TemporaryFolder();
        var sender = ScriptedSender.Always(AttemptResult.Success(200));
        await using var host = await EngineHost.StartAsync(folder, sender, OneEndpoint());
        var first = await host.IngestAsync("m1");
        var second = await host.IngestAsync("m1");
        var conflict = await host.IngestAsync("m1", body: "{\"other\":true}");
        Assert.Equal(new IngestResult(first.Id, true, false), second);
        Assert.Equal(new IngestResult(first.Id, true, true), conflict);
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        Assert.Single(sender.Sent);
        Assert.Equal("{}"u8.ToArray(), sender.Sent.Single().Record.Body.ToArray());
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Delivery_FailsTwice_IsTriedAgainAtItsDueTimeAndAttemptsHaveNoGaps()
    {
        using var folder = new TemporaryFolder();
        var sender = new ScriptedSender((_, _, attempt, _) => Task.FromResult(
            attempt < 3 ? AttemptResult.Failure(FailureCategory.Transient, "500", 500) : AttemptResult.Success(200)));
        await using var host = await EngineHost.StartAsync(folder, sender, OneEndpoint());
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        var delivery = (await host.DeliveriesAsync())[0];
        var attempts = await host.Store.Queries.ListAttemptsAsync(delivery.Id, TestContext.Current.CancellationToken);
        Assert.Equal([1, 2, 3], attempts.Select(attempt => attempt.Number));
        Assert.Equal([FailureCategory.Transient, FailureCategory.Transient, FailureCategory.None], attempts.Select(attempt => attempt.Category));
        for (var i = 1; i < attempts.Count; i++)
        {
            Assert.True(attempts[i].StartedAt >= attempts[i - 1].NextDueAt, "an attempt started before it was due");
        }

        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Delivery_BudgetUsedUp_IsDeadWithReasonAndReplayJobDeliversIt()
    {
        using var folder = new TemporaryFolder();
        var mended = false;
        var sender = new ScriptedSender((_, _, _, _) => Task.FromResult(
            Volatile.Read(ref mended) ? AttemptResult.Success(200) : AttemptResult.Failure(FailureCategory.Transient, "500", 500)));
        await using var host = await EngineHost.StartAsync(folder, sender, OneEndpoint());
        for (var i = 0; i < 20; i++)
        {
            await host.IngestAsync($"m{i}");
        }

        await host.WhenCountAsync(DeliveryState.Dead, 20);
        Assert.All(await host.DeliveriesAsync(), view => Assert.Contains("3 times", view.Reason, StringComparison.Ordinal));
        await host.AssertDepthsAsync();
        Volatile.Write(ref mended, true);
        var job = await host.Operations.StartReplayAsync(new DeadLetterFilter(), null, false, Person, TestContext.Current.CancellationToken);
        await host.WhenCountAsync(DeliveryState.Succeeded, 20);
        await host.WhenAsync(
            async () => (await host.Store.Queries.FindReplayAsync(job.Id, TestContext.Current.CancellationToken))!.State == ReplayState.Completed, "the job");
        Assert.Equal(0, host.Consumer("billing/orders").Depth.Dead);
        await host.AssertDepthsAsync();
        var audit = await host.Store.Queries.ListAuditAsync(null, 10, TestContext.Current.CancellationToken);
        Assert.Contains(audit, line => line.Entry is { Action: "dead-letters.replay", Actor: "key_test", Reason: "because" });
    }

    [Fact]
    public async Task Delivery_PermanentFailure_IsDeadAtOnce()
    {
        using var folder = new TemporaryFolder();
        var sender = ScriptedSender.Always(AttemptResult.Failure(FailureCategory.Permanent, "400", 400));
        await using var host = await EngineHost.StartAsync(folder, sender, OneEndpoint());
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Dead, 1);
        Assert.Single(sender.Sent);
    }

    [Fact]
    public async Task Delivery_StatusTheEndpointCallsTransient_IsTriedAgainAndOthersAreDeadAtOnce()
    {
        using var folder = new TemporaryFolder();
        var early = 2;
        using var http = new HttpMessageInvoker(new AnsweringHandler(request =>
            request.RequestUri!.AbsolutePath == "/conflict" ? 409 : Interlocked.Decrement(ref early) >= 0 ? 404 : 204));
        var real = new EndpointSender(http, TimeProvider.System, NullLogger<EndpointSender>.Instance);
        var sender = new ScriptedSender((endpoint, record, attempt, stopping) => real.SendAsync(endpoint, record, attempt, stopping).AsTask());
        await using var host = await EngineHost.StartAsync(folder, sender, billing => billing
            .DeliverTo("early", new Uri("http://127.0.0.1:9/early"), endpoint => endpoint with { Retry = Quick, TransientStatuses = [404] })
            .DeliverTo("conflict", new Uri("http://127.0.0.1:9/conflict"), endpoint => endpoint with { Retry = Quick, TransientStatuses = [404] }));
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        await host.WhenCountAsync(DeliveryState.Dead, 1);
        Assert.Equal(3, Assert.Single(await host.DeliveriesAsync(DeliveryState.Succeeded)).Attempts);
        var dead = Assert.Single(await host.DeliveriesAsync(DeliveryState.Dead));
        Assert.Equal(("billing/conflict", FailureCategory.Permanent, 1), (dead.Consumer, dead.Category, dead.Attempts));
    }

    [Fact]
    public async Task Delivery_Gone_DisablesTheEndpointKeepsWhatComesAndGoesOnWhenEnabled()
    {
        using var folder = new TemporaryFolder();
        var mended = false;
        var sender = new ScriptedSender((_, _, _, _) => Task.FromResult(
            Volatile.Read(ref mended) ? AttemptResult.Success(200) : AttemptResult.Failure(FailureCategory.Gone, "410", 410)));
        await using (var host = await EngineHost.StartAsync(folder, sender, OneEndpoint()))
        {
            await host.IngestAsync("m1");
            await host.WhenCountAsync(DeliveryState.Dead, 1);
            await host.IngestAsync("m2");
            Assert.NotNull(host.Consumer("billing/orders").State.DisabledAt);
            Assert.Single(await host.DeliveriesAsync(DeliveryState.Pending));
        }

        Volatile.Write(ref mended, true);
        await using var again = await EngineHost.StartAsync(folder, sender, OneEndpoint());
        Assert.NotNull(again.Consumer("billing/orders").State.DisabledAt);
        await again.Operations.SetConsumerEnabledAsync("billing/orders", true, Person, TestContext.Current.CancellationToken);
        await again.WhenCountAsync(DeliveryState.Succeeded, 1);
    }

    [Fact]
    public async Task Delivery_Throttled_HoldsTheWholeEndpointUntilRetryAfterAndUsesNoBudget()
    {
        using var folder = new TemporaryFolder();
        DateTimeOffset? asked = null;
        var sender = new ScriptedSender((_, _, _, _) =>
        {
            if (asked is null)
            {
                asked = TimeProvider.System.GetUtcNow() + TimeSpan.FromMilliseconds(600);
                return Task.FromResult(AttemptResult.Failure(FailureCategory.Throttled, "429", 429, asked));
            }

            return Task.FromResult(AttemptResult.Success(200));
        });
        await using var host = await EngineHost.StartAsync(folder, sender, OneEndpoint(endpoint => endpoint with { Concurrency = 1 }));
        for (var i = 0; i < 5; i++)
        {
            await host.IngestAsync($"m{i}");
        }

        await host.WhenCountAsync(DeliveryState.Succeeded, 5);
        Assert.All(sender.Sent.Skip(1), sent => Assert.True(sent.At >= asked, $"sent {asked - sent.At} before Retry-After"));
        Assert.Equal(6, sender.Sent.Count);
    }

    [Fact]
    public async Task Delivery_ThrottledWithoutAWait_BacksOff()
    {
        using var folder = new TemporaryFolder();
        var sender = new ScriptedSender((_, _, attempt, _) => Task.FromResult(attempt < 4
            ? AttemptResult.Failure(FailureCategory.Throttled, "429", 429, RetryAfterHeader.Read(["0"], TimeProvider.System.GetUtcNow()))
            : AttemptResult.Success(200)));
        await using var host = await EngineHost.StartAsync(
            folder, sender, OneEndpoint(endpoint => endpoint with { Retry = Quick with { Jitter = 0 } }));
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        var times = sender.Sent.Select(sent => sent.At).ToArray();
        var waits = times.Skip(1).Zip(times, (later, sooner) => later - sooner).ToArray();
        Assert.True(waits[0] >= Quick.Base && waits[1] >= Quick.Cap && waits[2] >= Quick.Cap, $"the waits were {string.Join(", ", waits)}");
    }

    [Fact]
    public async Task Gate_SurvivesARestart()
    {
        using var folder = new TemporaryFolder();
        var until = TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(10);
        var sender = ScriptedSender.Always(AttemptResult.Failure(FailureCategory.Throttled, "429", 429, until));
        await using (var host = await EngineHost.StartAsync(folder, sender, OneEndpoint(endpoint => endpoint with { Concurrency = 1 })))
        {
            await host.IngestAsync("m1");
            await host.WhenCountAsync(DeliveryState.Retrying, 1);
            await host.IngestAsync("m2");
        }

        await using var again = await EngineHost.StartAsync(folder, sender, OneEndpoint());
        Assert.True(again.Consumer("billing/orders").State.GateUntil >= until);
        Assert.Single(sender.Sent);
    }

    [Fact]
    public async Task SlowEndpoint_HoldsUpNoOther()
    {
        using var folder = new TemporaryFolder();
        var sender = new ScriptedSender(async (endpoint, _, _, stopping) =>
        {
            if (endpoint.Name == "billing/slow")
            {
                await Task.Delay(Timeout.Infinite, stopping).ContinueWith(_ => { }, TaskScheduler.Default);
                return AttemptResult.Failure(FailureCategory.Cancelled, "stopped");
            }

            return AttemptResult.Success(200);
        });
        await using (var host = await EngineHost.StartAsync(folder, sender, billing => billing
            .DeliverTo("slow", new Uri("http://127.0.0.1:9/"))
            .DeliverTo("fast", new Uri("http://127.0.0.1:9/"))))
        {
            for (var i = 0; i < 200; i++)
            {
                await host.IngestAsync($"m{i}");
            }

            await host.WhenCountAsync(DeliveryState.Succeeded, 200);
        }

        // The stop cancelled the attempts of the slow one: no attempt is counted, nothing is lost.
        await using var again = await EngineHost.StartAsync(folder, ScriptedSender.Always(AttemptResult.Success(200)), billing => billing
            .DeliverTo("slow", new Uri("http://127.0.0.1:9/"))
            .DeliverTo("fast", new Uri("http://127.0.0.1:9/")));
        await again.WhenCountAsync(DeliveryState.Succeeded, 400);
        Assert.All(await again.DeliveriesAsync(), view => Assert.Equal(1, view.Attempts));
        await again.AssertDepthsAsync();
    }

    [Fact]
    public async Task Rate_BoundsStartsPerPeriod()
    {
        using var folder = new TemporaryFolder();
        var sender = ScriptedSender.Always(AttemptResult.Success(200));
        await using var host = await EngineHost.StartAsync(
            folder, sender, OneEndpoint(endpoint => endpoint with { Rate = new RateLimit(5, TimeSpan.FromMilliseconds(500)) }));
        for (var i = 0; i < 12; i++)
        {
            await host.IngestAsync($"m{i}");
        }

        await host.WhenCountAsync(DeliveryState.Succeeded, 12);
        var times = sender.Sent.Select(sent => sent.At).Order().ToArray();
        Assert.True(times[^1] - times[0] >= TimeSpan.FromMilliseconds(650), $"12 starts at 5 per 500 ms took only {times[^1] - times[0]}");
    }

    [Fact]
    public async Task Order_FailingHead_ParksItsSubjectOnlyAndOrderHolds()
    {
        using var folder = new TemporaryFolder();
        var sender = new ScriptedSender((_, record, attempt, _) => Task.FromResult(
            record.Subject == "a" && attempt == 1 ? AttemptResult.Failure(FailureCategory.Transient, "500", 500) : AttemptResult.Success(200)));
        await using var host = await EngineHost.StartAsync(folder, sender, OneEndpoint(endpoint => endpoint with { Order = OrderingMode.Subject }));
        for (var i = 0; i < 10; i++)
        {
            await host.IngestAsync($"a{i}", subject: "a");
            await host.IngestAsync($"b{i}", subject: "b");
        }

        await host.WhenCountAsync(DeliveryState.Succeeded, 20);
        foreach (var subject in new[] { "a", "b" })
        {
            var order = sender.Sent.Where(sent => sent.Record.Subject == subject).Select(sent => sent.Record.MessageId).Distinct();
            Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{subject}{i}"), order);
        }
    }

    [Fact]
    public async Task Retry_OfADelayedDelivery_StartsItNow()
    {
        using var folder = new TemporaryFolder();
        var sender = new ScriptedSender((_, _, attempt, _) => Task.FromResult(
            attempt == 1 ? AttemptResult.Failure(FailureCategory.Transient, "500", 500) : AttemptResult.Success(200)));
        var patient = Quick with { Base = TimeSpan.FromHours(1), Cap = TimeSpan.FromHours(1) };
        await using var host = await EngineHost.StartAsync(folder, sender, OneEndpoint(endpoint => endpoint with { Retry = patient }));
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Retrying, 1);
        await host.AssertDepthsAsync();
        var delivery = (await host.DeliveriesAsync())[0].Id;
        Assert.Equal(delivery, await host.Operations.RetryAsync(delivery, Person, TestContext.Current.CancellationToken));
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Discard_OfADelayedAndADeadDelivery_EndsBoth()
    {
        using var folder = new TemporaryFolder();
        var sender = new ScriptedSender((_, record, _, _) => Task.FromResult(
            AttemptResult.Failure(record.MessageId == "dead" ? FailureCategory.Permanent : FailureCategory.Transient, "no", 500)));
        var patient = Quick with { Base = TimeSpan.FromHours(1), Cap = TimeSpan.FromHours(1) };
        await using var host = await EngineHost.StartAsync(folder, sender, OneEndpoint(endpoint => endpoint with { Retry = patient }));
        await host.IngestAsync("dead");
        await host.IngestAsync("delayed");
        await host.WhenCountAsync(DeliveryState.Retrying, 1);
        await host.WhenCountAsync(DeliveryState.Dead, 1);
        foreach (var view in await host.DeliveriesAsync())
        {
            Assert.True(await host.Operations.DiscardAsync(view.Id, Person, TestContext.Current.CancellationToken));
            Assert.False(await host.Operations.DiscardAsync(view.Id, Person, TestContext.Current.CancellationToken));
        }

        await host.WhenCountAsync(DeliveryState.Discarded, 2);
        Assert.Equal(2, sender.Sent.Count);
        await host.AssertDepthsAsync();
    }

    private static Action<IntegrationBuilder> OneEndpoint(Func<EndpointDefinition, EndpointDefinition>? configure = null) => billing => billing
        .DeliverTo("orders", new Uri("http://127.0.0.1:9/"), endpoint => (configure ?? (same => same))(endpoint with { Retry = Quick }));

    private sealed class AnsweringHandler(Func<HttpRequestMessage, int> status) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage((System.Net.HttpStatusCode)status(request)));
    }
}
