using System.Net;
using System.Text.Json;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Tests.Rest;

public sealed class DeliveryApiTests
{
    [Fact]
    public async Task GetDelivery_Attempts_HaveIdsOfTheirOwn()
    {
        await using var host = await ApiHost.StartAsync();
        var delivery = host.AddDelivery(DeliveryState.Retrying);
        host.Store.Attempts.Add(Attempt(1, FailureCategory.Transient));
        host.Store.Attempts.Add(Attempt(2, FailureCategory.None));
        var body = await ApiHost.JsonAsync(await host.GetAsync($"/v1/deliveries/{delivery.Id.ToString(IdPrefix.Delivery)}"));
        var attempts = body.GetProperty("attempts").EnumerateArray().ToArray();
        Assert.Equal(["failed transient", "succeeded "], attempts.Select(item => $"{item.GetProperty("outcome")} {item.GetProperty("category")}"));
        Assert.All(attempts, item => Assert.Matches("^att_[0-9A-Z]{26}$", item.GetProperty("id").GetString()!));
        Assert.Equal(2, attempts.Select(item => item.GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal(1500, attempts[0].GetProperty("durationMs").GetDouble());
        Assert.Equal("retrying", body.GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("running", 1)]
    [InlineData("pending", 2)]
    [InlineData("retrying", 1)]
    [InlineData("dead", 1)]
    [InlineData("succeeded", 0)]
    public async Task ListDeliveries_State_FollowsTheEngine(string state, int count)
    {
        await using var host = await ApiHost.StartAsync();
        host.AddDelivery(DeliveryState.Pending);
        host.AddDelivery(DeliveryState.Pending);
        host.AddDelivery(DeliveryState.Retrying);
        host.AddDelivery(DeliveryState.Dead);
        host.Engine.Running.Add(host.AddDelivery(DeliveryState.Retrying).Id);
        var data = (await ApiHost.JsonAsync(await host.GetAsync("/v1/deliveries?state=" + state))).GetProperty("data");
        Assert.Equal(count, data.GetArrayLength());
        Assert.All(data.EnumerateArray(), item => Assert.Equal(state, item.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task ListDeliveries_RunningAmongMany_IsFoundOverPages()
    {
        await using var host = await ApiHost.StartAsync();
        var first = host.AddDelivery(DeliveryState.Pending);
        for (var i = 0; i < 20; i++)
        {
            host.AddDelivery(DeliveryState.Pending);
        }

        host.Engine.Running.Add(first.Id);
        host.Engine.Running.Add(host.AddDelivery(DeliveryState.Pending).Id);
        var seen = new List<string>();
        for (var cursor = ""; cursor is not null;)
        {
            var page = await ApiHost.JsonAsync(await host.GetAsync("/v1/deliveries?state=running&limit=1" + (cursor == "" ? "" : "&cursor=" + cursor)));
            seen.AddRange(page.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
        }

        Assert.Equal(2, seen.Count);
        Assert.Equal(first.Id.ToString(IdPrefix.Delivery), seen[1]);
    }

    [Fact]
    public async Task ListDeliveries_RunningBehindThousandsThatWait_IsOnTheFirstPage()
    {
        await using var host = await ApiHost.StartAsync();
        var running = host.AddDelivery(DeliveryState.Pending);
        for (var i = 0; i < 2_000; i++)
        {
            host.AddDelivery(DeliveryState.Pending);
        }

        host.Engine.Running.Add(running.Id);
        host.Engine.Running.Add(host.AddDelivery(DeliveryState.Succeeded).Id);
        var page = await ApiHost.JsonAsync(await host.GetAsync("/v1/deliveries?state=running"));
        Assert.Equal([running.Id.ToString(IdPrefix.Delivery)], page.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("id").GetString()));
        Assert.Equal(JsonValueKind.Null, page.GetProperty("nextCursor").ValueKind);
    }

    [Theory]
    [InlineData("", 3)]
    [InlineData("&integration=billing", 3)]
    [InlineData("&integration=other", 0)]
    [InlineData("&consumer=billing/orders", 3)]
    [InlineData("&consumer=billing/other", 0)]
    [InlineData("&eventId={0}", 1)]
    public async Task ListDeliveries_RunningWithAFilter_FollowsIt(string filter, int count)
    {
        await using var host = await ApiHost.StartAsync();
        var added = Enumerable.Range(0, 3).Select(_ => host.AddDelivery(DeliveryState.Retrying)).ToList();
        host.Engine.Running.UnionWith(added.Select(item => item.Id));
        var query = string.Format(System.Globalization.CultureInfo.InvariantCulture, filter, added[1].EventId.ToString(IdPrefix.Event));
        var data = (await ApiHost.JsonAsync(await host.GetAsync("/v1/deliveries?state=running" + query))).GetProperty("data");
        Assert.Equal(count, data.GetArrayLength());
    }

    [Theory]
    [InlineData("state=Pending")]
    [InlineData("state=1")]
    [InlineData("eventId=dlv_00000000000000000000000000")]
    public async Task ListDeliveries_BadFilter_IsRefused(string query)
    {
        await using var host = await ApiHost.StartAsync();
        await ApiHost.ProblemAsync(await host.GetAsync("/v1/deliveries?" + query), 400, "bad_request");
    }

    [Fact]
    public async Task Retry_Outstanding_AnswersTheDelivery()
    {
        await using var host = await ApiHost.StartAsync();
        var id = host.AddDelivery(DeliveryState.Retrying).Id.ToString(IdPrefix.Delivery);
        var response = await host.PostAsync($"/v1/deliveries/{id}/retry", """{"reason":"now"}""");
        Assert.Equal(id, (await ApiHost.JsonAsync(response)).GetProperty("id").GetString());
        Assert.EndsWith(": now", Assert.Single(host.Engine.Calls), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("retry")]
    [InlineData("discard")]
    public async Task Act_Finished_IsConflict(string verb)
    {
        await using var host = await ApiHost.StartAsync();
        var id = host.AddDelivery(DeliveryState.Succeeded).Id.ToString(IdPrefix.Delivery);
        var problem = await ApiHost.ProblemAsync(await host.PostAsync($"/v1/deliveries/{id}/{verb}"), 409, "conflict");
        Assert.Contains("succeeded", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("retry")]
    [InlineData("discard")]
    public async Task Act_Unknown_IsNotFound(string verb)
    {
        await using var host = await ApiHost.StartAsync();
        await ApiHost.ProblemAsync(await host.PostAsync($"/v1/deliveries/dlv_00000000000000000000000000/{verb}"), 404, "not_found");
    }

    [Fact]
    public async Task Discard_Dead_IsDone()
    {
        await using var host = await ApiHost.StartAsync();
        var delivery = host.AddDelivery(DeliveryState.Dead);
        var response = await host.PostAsync($"/v1/deliveries/{delivery.Id.ToString(IdPrefix.Delivery)}/discard");
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(DeliveryState.Discarded, host.Store.Deliveries[0].State);
    }

    [Fact]
    public async Task Discard_ReasonTooLong_IsRefused()
    {
        await using var host = await ApiHost.StartAsync();
        var id = host.AddDelivery(DeliveryState.Dead).Id.ToString(IdPrefix.Delivery);
        await ApiHost.ProblemAsync(await host.PostAsync($"/v1/deliveries/{id}/discard", $$"""{"reason":"{{new string('x', 501)}}"}"""), 400, "bad_request");
        Assert.Empty(host.Engine.Calls);
    }

    private static AttemptRecord Attempt(int number, FailureCategory category) => new()
    {
        Number = number,
        StartedAt = DateTimeOffset.UnixEpoch,
        Duration = TimeSpan.FromSeconds(1.5),
        Category = category,
    };
}
