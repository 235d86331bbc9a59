using System.Net;
using System.Text;
using Carrick.Authentication;
using Carrick.Rest;
using Carrick.Storage;
using CsCheck;

namespace Carrick.Tests.Rest;

public sealed class ApiFailureTests
{
    [Fact]
    public async Task Write_EngineFull_Is503WithRetryAfter()
    {
        await using var host = await ApiHost.StartAsync();
        host.Engine.Failure = new EngineFullException("The queue is full.", TimeSpan.FromSeconds(1.2));
        var response = await host.PostAsync("/v1/events", """{"integration":"billing","type":"a","data":1}""");
        await ApiHost.ProblemAsync(response, 503, "engine_full");
        Assert.Equal("2", response.Headers.GetValues("Retry-After").Single());
    }

    [Fact]
    public async Task Read_StoreFails_Is503AndSaysNothingOfIt()
    {
        await using var host = await ApiHost.StartAsync();
        await host.GetAsync("/v1/events");
        host.Store.ReadFailure = new StoreException("disk I/O error canary", StoreFailure.Transient);
        var response = await host.GetAsync("/v1/events");
        var problem = await ApiHost.ProblemAsync(response, 503, "store_unavailable");
        Assert.DoesNotContain("canary", problem.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(response.Headers.GetValues("Retry-After"));
        Assert.Contains(host.Log.Lines, line => line.Id.Id == 4010);
    }

    [Theory]
    [InlineData("/v1/events", true, "search_too_slow", "5")]
    [InlineData("/v1/deliveries", false, "searches_busy", "1")]
    [InlineData("/v1/dead-letters", true, "search_too_slow", "5")]
    public async Task Search_ThatIsRefused_Is503AndSaysHowToNarrowIt(string path, bool isTooSlow, string code, string retryAfter)
    {
        await using var host = await ApiHost.StartAsync();
        await host.GetAsync("/v1/events");
        host.Store.ReadFailure = isTooSlow ? QueryRefusedException.TooSlow(TimeSpan.FromSeconds(5), new InvalidOperationException("canary")) : QueryRefusedException.Busy();

        var response = await host.GetAsync(path);

        var problem = await ApiHost.ProblemAsync(response, 503, code);
        Assert.Contains(isTooSlow ? "Narrow it by messageId" : "Try again in a second", problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", problem.ToString(), StringComparison.Ordinal);
        Assert.Equal(retryAfter, response.Headers.GetValues("Retry-After").Single());
    }

    [Theory]
    [InlineData("/v1/events?type=rare")]
    [InlineData("/v1/deliveries?consumer=billing/orders")]
    [InlineData("/v1/dead-letters?type=rare")]
    public async Task Search_ThatIsNotThrough_SaysHowFarItHasLooked_AndGoesOn(string path)
    {
        await using var host = await ApiHost.StartAsync();
        host.AddDelivery(DeliveryState.Dead);
        var whole = await ReadAsync(path);
        Assert.False(whole.TryGetProperty("searchedTo", out _));
        host.Store.SearchedTo = RecordId.FromKey(new DateTimeOffset(2026, 2, 1, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds() << 12, 1);

        var first = await ReadAsync(path);
        var second = await ReadAsync($"{path}&cursor={first.GetProperty("nextCursor").GetString()}");

        Assert.Equal((0, "2026-02-01T12:00:00Z"), (first.GetProperty("data").GetArrayLength(), first.GetProperty("searchedTo").GetString()));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, second.GetProperty("nextCursor").ValueKind);
        Assert.False(second.TryGetProperty("searchedTo", out _));

        async Task<System.Text.Json.JsonElement> ReadAsync(string url) =>
            System.Text.Json.JsonDocument.Parse(await (await host.GetAsync(url)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
    }

    [Fact]
    public async Task Handler_Throws_Is500AndLogged()
    {
        await using var host = await ApiHost.StartAsync();
        host.Engine.Failure = new InvalidOperationException("canary");
        var id = host.AddDelivery(Carrick.Storage.DeliveryState.Dead).Id.ToString(IdPrefix.Delivery);
        var problem = await ApiHost.ProblemAsync(await host.PostAsync($"/v1/deliveries/{id}/retry"), 500, "internal");
        Assert.DoesNotContain("canary", problem.ToString(), StringComparison.Ordinal);
        Assert.Contains(host.Log.Lines, line => line.Id.Id == 4011);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"integration\":1}")]
    [InlineData("{\"nope\":1}")]
    [InlineData("{\"type\":\"a\",\"type\":\"b\"}")]
    [InlineData("{\"Type\":\"a\"}")]
    [InlineData("{}x")]
    [InlineData("{\"type\":\"\\ud800\"}")]
    public async Task Body_WrongJson_IsRefused(string json)
    {
        await using var host = await ApiHost.StartAsync();
        await ApiHost.ProblemAsync(await host.PostAsync("/v1/events", json), 400, "invalid_json");
    }

    [Fact]
    public async Task Body_InvalidUtf8_IsRefused()
    {
        await using var host = await ApiHost.StartAsync();
        var content = new ByteArrayContent([.. "{\"type\":\""u8, 0xFF, 0xFE, .. "\"}"u8]);
        content.Headers.ContentType = new("application/json");
        await ApiHost.ProblemAsync(await host.SendAsync(HttpMethod.Post, "/v1/events", content: content), 400, "invalid_json");
    }

    [Fact]
    public async Task Body_TooDeep_IsRefused()
    {
        await using var host = await ApiHost.StartAsync();
        var json = $$"""{"integration":"billing","type":"a","data":{{new string('[', 100_000)}}{{new string(']', 100_000)}}}""";
        await ApiHost.ProblemAsync(await host.PostAsync("/v1/events", json), 400, "invalid_json");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_OverTheLimit_Is413(bool chunked)
    {
        await using var host = await ApiHost.StartAsync();
        var bytes = Encoding.UTF8.GetBytes($$"""{"integration":"billing","type":"a","data":"{{new string('x', BodyReader.MaxBytes)}}"}""");
        HttpContent content = chunked ? new StreamContent(new UnseekableStream(bytes)) : new ByteArrayContent(bytes);
        content.Headers.ContentType = new("application/json");
        await ApiHost.ProblemAsync(await host.SendAsync(HttpMethod.Post, "/v1/events", content: content), 413, "body_too_large");
        Assert.Empty(host.Engine.Ingested);
    }

    [Fact]
    public async Task Body_AtTheLimit_IsAccepted()
    {
        await using var host = await ApiHost.StartAsync();
        const string Frame = """{"integration":"billing","type":"a","data":""}""";
        var json = Frame.Insert(Frame.Length - 2, new string('x', BodyReader.MaxBytes - Frame.Length));
        Assert.Equal(HttpStatusCode.Created, (await host.PostAsync("/v1/events", json)).StatusCode);
    }

    [Fact]
    public async Task Body_OtherMediaType_Is415()
    {
        await using var host = await ApiHost.StartAsync();
        await ApiHost.ProblemAsync(
            await host.SendAsync(HttpMethod.Post, "/v1/events", content: new StringContent("{}", Encoding.UTF8, "text/plain")), 415, "unsupported_media_type");
    }

    [Fact]
    public async Task Body_WrongMember_NamesThePlaceWithoutTheValue()
    {
        await using var host = await ApiHost.StartAsync();
        var problem = await ApiHost.ProblemAsync(
            await host.PostAsync("/v1/dead-letters/replay", """{"filter":{"from":{"canary":1}}}"""), 400, "invalid_json");
        Assert.Equal("#/filter/from", problem.GetProperty("errors")[0].GetProperty("pointer").GetString());
        Assert.DoesNotContain("canary", problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/integrations?x=1")]
    [InlineData("/v1/replays?state=running")]
    [InlineData("/v1/events/evt_1?a=b")]
    public async Task Query_Unknown_IsRefused(string path)
    {
        await using var host = await ApiHost.StartAsync();
        await ApiHost.ProblemAsync(await host.GetAsync(path), 400, "bad_request");
    }

    [Fact]
    public async Task Answer_Headers_AreSafe()
    {
        await using var host = await ApiHost.StartAsync();
        var response = await host.GetAsync("/v1/integrations");
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.NotEmpty(response.Headers.GetValues("Request-Id"));
    }

    [Fact]
    public async Task Location_UnderAPrefix_HasThePrefix()
    {
        await using var host = await ApiHost.StartAsync(prefix: "/carrick");
        var response = await host.PostAsync("/carrick/v1/dead-letters/replay", "{}", ApiScope.Operate);
        Assert.StartsWith("/carrick/v1/replays/rpl_", response.Headers.Location?.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void PageCursor_AnyId_RoundTrips() =>
        Gen.Select(Gen.ULong, Gen.ULong, Gen.UInt).Sample((high, low, fingerprint) =>
        {
            var text = PageCursor.Format(new RecordId(high, low), fingerprint);
            return PageCursor.TryParse(text, fingerprint, out var read) && read == new RecordId(high, low)
                && !PageCursor.TryParse(text, fingerprint ^ 1, out _) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
        });

    [Fact]
    public void PageCursor_AnyText_IsReadOrRefused() =>
        Gen.String[0, 60].Sample(text => !PageCursor.TryParse(text, 7, out _) || text.Length == 27);

    [Theory]
    [InlineData("$", "#")]
    [InlineData("$.filter.deliveries[2]", "#/filter/deliveries/2")]
    [InlineData(null, "#")]
    public void Pointer_Path_IsRfc6901(string? path, string expected) => Assert.Equal(expected, BodyReader.Pointer(path));

    private sealed class UnseekableStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
