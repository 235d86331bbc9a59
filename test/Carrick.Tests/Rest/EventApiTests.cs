using System.Net;
using System.Text;
using System.Text.Json;

namespace Carrick.Tests.Rest;

public sealed class EventApiTests
{
    [Fact]
    public async Task ListEvents_ThreePages_ShowsEveryEventOnce()
    {
        await using var host = await ApiHost.StartAsync();
        var ids = Enumerable.Range(0, 5).Select(_ => host.AddEvent().Id.ToString(IdPrefix.Event)).Reverse().ToArray();
        var seen = new List<string>();
        var path = "/v1/events?limit=2&integration=billing";
        for (var cursor = ""; cursor is not null;)
        {
            var page = await ApiHost.JsonAsync(await host.GetAsync(cursor == "" ? path : $"{path}&cursor={cursor}"));
            seen.AddRange(page.GetProperty("data").EnumerateArray().Select(item => item.GetProperty("id").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
        }

        Assert.Equal(ids, seen);
    }

    [Fact]
    public async Task ListEvents_CursorOfOtherFilter_IsRefused()
    {
        await using var host = await ApiHost.StartAsync();
        host.AddEvent();
        host.AddEvent();
        var page = await ApiHost.JsonAsync(await host.GetAsync("/v1/events?limit=1&type=a"));
        var cursor = page.GetProperty("nextCursor").GetString();
        var problem = await ApiHost.ProblemAsync(await host.GetAsync($"/v1/events?limit=1&type=b&cursor={cursor}"), 400, "bad_request");
        Assert.Equal("invalid_cursor", problem.GetProperty("errors")[0].GetProperty("code").GetString());
    }

    [Fact]
    public async Task ListEvents_ManyErrors_AreAllNamed()
    {
        await using var host = await ApiHost.StartAsync();
        var problem = await ApiHost.ProblemAsync(
            await host.GetAsync("/v1/events?limit=0&cursor=x&from=yesterday&nope=1&type=a&type=b&subject=%00"), 400, "bad_request");
        var errors = problem.GetProperty("errors").EnumerateArray()
            .Select(error => $"{error.GetProperty("parameter")} {error.GetProperty("code")}").Order(StringComparer.Ordinal);
        Assert.Equal(
            ["cursor invalid_cursor", "from invalid_time", "limit out_of_range", "nope unknown_parameter", "subject invalid_value", "type invalid_value"], errors);
    }

    [Theory]
    [InlineData("501")]
    [InlineData("-1")]
    [InlineData("1e2")]
    [InlineData("99999999999")]
    [InlineData("")]
    public async Task ListEvents_BadLimit_IsRefused(string limit)
    {
        await using var host = await ApiHost.StartAsync();
        await ApiHost.ProblemAsync(await host.GetAsync("/v1/events?limit=" + limit), 400, "bad_request");
    }

    [Fact]
    public async Task ListEvents_AllFilters_ReachTheStore()
    {
        await using var host = await ApiHost.StartAsync();
        var response = await host.GetAsync(
            "/v1/events?integration=i&type=t&messageId=m&subject=s&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00.5%2B01:00");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(
            new Carrick.Storage.EventFilter("i", "t", "m", "s", from, new DateTimeOffset(2026, 1, 2, 0, 0, 0, 500, TimeSpan.FromHours(1))),
            host.Store.LastEventFilter);
    }

    [Fact]
    public async Task GetEvent_BodyKnownUnderAnotherId_ShowsTheFirst()
    {
        await using var host = await ApiHost.StartAsync();
        var (first, second) = (host.AddEvent(), host.AddEvent());
        host.Store.PossibleReplays[second.Id] = first.Id;

        Assert.Equal(JsonValueKind.Null, (await GetAsync(host, first.Id)).GetProperty("possibleReplayOf").ValueKind);
        Assert.Equal(first.Id.ToString(IdPrefix.Event), (await GetAsync(host, second.Id)).GetProperty("possibleReplayOf").GetString());
    }

    [Fact]
    public async Task GetEvent_Known_ShowsDeliveries()
    {
        await using var host = await ApiHost.StartAsync();
        var record = host.AddEvent();
        var delivery = host.AddDelivery(Carrick.Storage.DeliveryState.Pending, record.Id);
        host.Engine.Running.Add(delivery.Id);
        var body = await ApiHost.JsonAsync(await host.GetAsync($"/v1/events/{record.Id.ToString(IdPrefix.Event)}"));
        Assert.Equal("invoice.paid", body.GetProperty("type").GetString());
        Assert.Equal("2026-01-31T12:00:00Z", body.GetProperty("receivedAt").GetString());
        Assert.Equal("user-agent", body.GetProperty("headers")[0].GetProperty("name").GetString());
        Assert.Equal("running", body.GetProperty("deliveries")[0].GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("evt_00000000000000000000000000")]
    [InlineData("evt_1")]
    [InlineData("dlv_00000000000000000000000000")]
    [InlineData("..%2f..%2fetc")]
    public async Task GetEvent_UnknownOrBadId_IsNotFound(string id)
    {
        await using var host = await ApiHost.StartAsync();
        await ApiHost.ProblemAsync(await host.GetAsync("/v1/events/" + id), 404, "not_found");
    }

    [Fact]
    public async Task GetPayload_Html_IsExactAndInert()
    {
        await using var host = await ApiHost.StartAsync();
        var record = host.AddEvent("<script>\u00e4</script>", "text/html; charset=utf-8");
        var response = await host.GetAsync($"/v1/events/{record.Id.ToString(IdPrefix.Event)}/payload");
        Assert.Equal(record.Body.ToArray(), await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("text/html; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.Equal("attachment", response.Content.Headers.ContentDisposition?.DispositionType);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("sandbox", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/html\r\nX-Evil: 1")]
    [InlineData("n\u00f6t a type")]
    public async Task GetPayload_UnusableContentType_IsBytes(string? contentType)
    {
        await using var host = await ApiHost.StartAsync();
        var record = host.AddEvent("x", contentType);
        var response = await host.GetAsync($"/v1/events/{record.Id.ToString(IdPrefix.Event)}/payload");
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType?.MediaType);
        Assert.False(response.Headers.Contains("X-Evil"));
    }

    [Fact]
    public async Task Publish_Data_KeepsTheBytesOfTheRequest()
    {
        await using var host = await ApiHost.StartAsync();
        var response = await host.PostAsync(
            "/v1/events", """{"integration":"billing","type":"a.b","messageId":"m","subject":"s","version":-9007199254740993,"data":{"n": 1.10, "x":"\u00e4"}}""");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var body = await ApiHost.JsonAsync(response);
        Assert.False(body.GetProperty("duplicate").GetBoolean());
        Assert.Equal("/v1/events/" + body.GetProperty("id").GetString(), response.Headers.Location?.ToString());
        var incoming = Assert.Single(host.Engine.Ingested);
        Assert.Equal("""{"n": 1.10, "x":"\u00e4"}""", Encoding.UTF8.GetString(incoming.Body.Span));
        Assert.Equal(("billing", "a.b", "m", "s", -9_007_199_254_740_993, "application/json"),
            (incoming.Integration, incoming.Type, incoming.MessageId, incoming.Subject, incoming.Version, incoming.ContentType));
    }

    [Fact]
    public async Task Publish_SameMessageId_IsDuplicate()
    {
        await using var host = await ApiHost.StartAsync();
        const string Json = """{"integration":"billing","type":"a","messageId":"m","dataBase64":"AAH/"}""";
        await host.PostAsync("/v1/events", Json);
        var response = await host.PostAsync("/v1/events", Json);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True((await ApiHost.JsonAsync(response)).GetProperty("duplicate").GetBoolean());
        Assert.Equal([0, 1, 255], host.Engine.Ingested[0].Body.ToArray());
        Assert.Equal("application/octet-stream", host.Engine.Ingested[0].ContentType);
    }

    [Theory]
    [InlineData("""{}""", "#/data required,#/integration required,#/type required")]
    [InlineData("""{"integration":"nope","type":"a","data":1}""", "#/integration unknown_integration")]
    [InlineData("""{"integration":"billing","type":"a\n","data":1,"dataBase64":"AA=="}""", "#/data required,#/type invalid_value")]
    [InlineData("""{"integration":"billing","type":"a","dataBase64":"%%","contentType":"nope"}""", "#/contentType invalid_value,#/dataBase64 invalid_base64")]
    [InlineData("""{"integration":"billing","type":"a","data":null,"messageId":""}""", "#/messageId invalid_value")]
    public async Task Publish_BadMembers_AreAllNamed(string json, string expected)
    {
        await using var host = await ApiHost.StartAsync();
        var problem = await ApiHost.ProblemAsync(await host.PostAsync("/v1/events", json), 400, "bad_request");
        var errors = problem.GetProperty("errors").EnumerateArray()
            .Select(error => $"{error.GetProperty("pointer")} {error.GetProperty("code")}").Order(StringComparer.Ordinal);
        Assert.Equal(expected, string.Join(",", errors));
        Assert.Empty(host.Engine.Ingested);
    }

    [Fact]
    public async Task ReplayEvent_NoBody_ReplaysForAll()
    {
        await using var host = await ApiHost.StartAsync();
        var record = host.AddEvent();
        var response = await host.PostAsync($"/v1/events/{record.Id.ToString(IdPrefix.Event)}/replay");
        Assert.StartsWith("dlv_", (await ApiHost.JsonAsync(response)).GetProperty("deliveries")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReplayEvent_UnknownConsumer_IsRefused()
    {
        await using var host = await ApiHost.StartAsync();
        var record = host.AddEvent();
        await ApiHost.ProblemAsync(
            await host.PostAsync($"/v1/events/{record.Id.ToString(IdPrefix.Event)}/replay", """{"consumer":"billing/nope"}"""), 400, "bad_request");
        Assert.Empty(host.Engine.Calls);
    }

    [Fact]
    public async Task ReplayEvent_Reason_IsAuditedWithTheKey()
    {
        await using var host = await ApiHost.StartAsync();
        var record = host.AddEvent();
        await host.PostAsync($"/v1/events/{record.Id.ToString(IdPrefix.Event)}/replay", """{"consumer":"billing/orders","force":true,"reason":"mended"}""");
        var call = Assert.Single(host.Engine.Calls);
        Assert.StartsWith("replay billing/orders True ", call, StringComparison.Ordinal);
        Assert.Matches(" by key_[0-9A-Z]{26} test operate: mended$", call);
    }

    private static async Task<JsonElement> GetAsync(ApiHost host, RecordId id) =>
        await ApiHost.JsonAsync(await host.GetAsync("/v1/events/" + id.ToString(IdPrefix.Event)));
}
