using System.Net;
using Carrick.Retry;
using Carrick.Storage;

namespace Carrick.Tests.Rest;

public sealed class DeadLetterApiTests
{
    [Fact]
    public async Task Replay_DryRun_Counts()
    {
        await using var host = await ApiHost.StartAsync();
        host.AddDelivery(DeliveryState.Dead);
        host.AddDelivery(DeliveryState.Dead);
        var response = await host.PostAsync("/v1/dead-letters/replay", """{"dryRun":true}""");
        Assert.Equal("""{"dryRun":true,"count":2}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(host.Store.Replays);
    }

    [Fact]
    public async Task Replay_Filter_StartsAJob()
    {
        await using var host = await ApiHost.StartAsync();
        var id = host.AddDelivery(DeliveryState.Dead).Id;
        var response = await host.PostAsync("/v1/dead-letters/replay", $$"""
            {"filter":{"integration":"billing","consumer":"billing/orders","type":"a","category":"permanent","from":"2026-01-01T00:00:00Z",
             "to":"2026-01-02T00:00:00Z","deliveries":["{{id.ToString(IdPrefix.Delivery)}}"]},"ratePerSecond":5,"force":true,"reason":"mended"}
            """);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var job = Assert.Single(host.Store.Replays);
        Assert.Equal("/v1/replays/" + job.Id.ToString(IdPrefix.Replay), response.Headers.Location?.ToString());
        Assert.Equal((5, true, "mended"), (job.RatePerSecond, job.Force, job.Reason));
        Assert.Equal(("billing", "billing/orders", "a", FailureCategory.Permanent), (job.Filter.Integration, job.Filter.Consumer, job.Filter.Type, job.Filter.Category));
        Assert.Equal([id], job.Filter.Deliveries);
        var shown = await ApiHost.JsonAsync(await host.GetAsync(response.Headers.Location!.ToString()));
        Assert.Equal("running", shown.GetProperty("state").GetString());
        Assert.Equal("2026-01-01T00:00:00.0000000Z", shown.GetProperty("filter").GetProperty("from").GetString());
    }

    [Fact]
    public async Task Replay_BadMembers_AreAllNamed()
    {
        await using var host = await ApiHost.StartAsync();
        var problem = await ApiHost.ProblemAsync(
            await host.PostAsync("/v1/dead-letters/replay", """{"filter":{"category":"none","from":"x","deliveries":["evt_1"]},"ratePerSecond":0}"""), 400, "bad_request");
        Assert.Equal(
            ["#/filter/category", "#/filter/deliveries/0", "#/filter/from", "#/ratePerSecond"],
            problem.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString()).Order(StringComparer.Ordinal));
        Assert.Empty(host.Store.Replays);
    }

    [Fact]
    public async Task CancelReplay_Twice_IsConflict()
    {
        await using var host = await ApiHost.StartAsync();
        await host.PostAsync("/v1/dead-letters/replay", "{}");
        var path = $"/v1/replays/{host.Store.Replays[0].Id.ToString(IdPrefix.Replay)}/cancel";
        Assert.Equal("cancelled", (await ApiHost.JsonAsync(await host.PostAsync(path))).GetProperty("state").GetString());
        await ApiHost.ProblemAsync(await host.PostAsync(path), 409, "conflict");
    }

    [Fact]
    public async Task Discard_EmptyFilter_DiscardsAll()
    {
        await using var host = await ApiHost.StartAsync();
        host.AddDelivery(DeliveryState.Dead);
        host.AddDelivery(DeliveryState.Dead);
        host.AddDelivery(DeliveryState.Pending);
        var response = await host.PostAsync("/v1/dead-letters/discard", """{"filter":{}}""");
        Assert.Equal("""{"dryRun":false,"count":2,"remaining":0}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Discard_NoFilter_IsRefused()
    {
        await using var host = await ApiHost.StartAsync();
        host.AddDelivery(DeliveryState.Dead);
        await ApiHost.ProblemAsync(await host.PostAsync("/v1/dead-letters/discard", "{}"), 400, "bad_request");
        Assert.Equal(DeliveryState.Dead, host.Store.Deliveries[0].State);
    }
}
