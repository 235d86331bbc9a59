using System.Net;
using System.Text.Json;
using Carrick.Authentication;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Tests.Rest;

public sealed class AdminApiTests
{
    [Fact]
    public async Task CreateKey_Key_WorksUntilRevoked()
    {
        await using var host = await ApiHost.StartAsync();
        var response = await host.PostAsync("/v1/keys", """{"name":"dash","scopes":["read"]}""", ApiScope.Admin);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var made = await ApiHost.JsonAsync(response);
        var (id, key) = (made.GetProperty("id").GetString(), made.GetProperty("key").GetString());
        Assert.Equal(HttpStatusCode.OK, (await host.SendAsync(HttpMethod.Get, "/v1/events", authorization: "Bearer " + key)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await host.SendAsync(HttpMethod.Delete, "/v1/keys/" + id)).StatusCode);
        await ApiHost.ProblemAsync(await host.SendAsync(HttpMethod.Get, "/v1/events", authorization: "Bearer " + key), 401, "key_required");
        await ApiHost.ProblemAsync(await host.SendAsync(HttpMethod.Delete, "/v1/keys/" + id), 404, "not_found");
        Assert.Equal("key.create,key.revoke", string.Join(",", host.Store.Commands.TakeLast(3).Where(item => item.Audit is not null).Select(item => item.Audit!.Action).Distinct()));
    }

    [Theory]
    [InlineData("""{"name":"","scopes":["read"]}""")]
    [InlineData("""{"name":"x","scopes":[]}""")]
    [InlineData("""{"name":"x","scopes":["root"]}""")]
    [InlineData("""{"name":"x"}""")]
    [InlineData("""{"name":"x\u0007","scopes":["read"]}""")]
    public async Task CreateKey_BadBody_IsRefused(string json)
    {
        await using var host = await ApiHost.StartAsync();
        await ApiHost.ProblemAsync(await host.PostAsync("/v1/keys", json, ApiScope.Admin), 400, "bad_request");
    }

    [Fact]
    public async Task ListKeys_Answer_HasNoKeyAndNoHash()
    {
        await using var host = await ApiHost.StartAsync();
        var text = await (await host.GetAsync("/v1/keys", ApiScope.Admin)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(3, JsonDocument.Parse(text).RootElement.GetProperty("data").GetArrayLength());
        foreach (var scope in ApiScope.All)
        {
            Assert.DoesNotContain(host.Key(scope), text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("hash", text, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task ListAudit_Pages_GoBackByNumber()
    {
        await using var host = await ApiHost.StartAsync();
        for (var i = 1; i <= 3; i++)
        {
            host.Store.Audit.Add(new AuditLine(i, new AuditEntry(DateTimeOffset.UnixEpoch, "system", "x", "y", null)));
        }

        var page = await ApiHost.JsonAsync(await host.GetAsync("/v1/audit?limit=2", ApiScope.Admin));
        var next = await ApiHost.JsonAsync(await host.GetAsync("/v1/audit?limit=2&cursor=" + page.GetProperty("nextCursor").GetString(), ApiScope.Admin));
        Assert.Equal(1, Assert.Single(next.GetProperty("data").EnumerateArray()).GetProperty("number").GetInt32());
        Assert.Equal(JsonValueKind.Null, next.GetProperty("nextCursor").ValueKind);
    }

    [Fact]
    public async Task Endpoints_DisableAndEnable_ShowTheState()
    {
        await using var host = await ApiHost.StartAsync();
        var disabled = await ApiHost.JsonAsync(await host.PostAsync("/v1/endpoints/billing/orders/disable", """{"reason":"down"}"""));
        Assert.Equal(("False", "down"), (disabled.GetProperty("enabled").ToString(), disabled.GetProperty("disabledReason").GetString()));
        var enabled = await ApiHost.JsonAsync(await host.PostAsync("/v1/endpoints/billing/orders/enable"));
        Assert.True(enabled.GetProperty("enabled").GetBoolean());
        Assert.Equal("1 2 3", $"{enabled.GetProperty("depth").GetProperty("ready")} {enabled.GetProperty("depth").GetProperty("delayed")} {enabled.GetProperty("depth").GetProperty("dead")}");
        await ApiHost.ProblemAsync(await host.PostAsync("/v1/endpoints/billing/nope/enable"), 404, "not_found");
    }

    [Fact]
    public async Task Nodes_List_ShowsEachWithItsShards()
    {
        await using var host = await ApiHost.StartAsync();
        var page = await ApiHost.JsonAsync(await host.GetAsync("/v1/nodes"));
        var nodes = page.GetProperty("data").EnumerateArray().ToList();
        Assert.Equal(2, nodes.Count);
        Assert.Equal("7 alive True True 0-31 32 61.2 8", Join(nodes[0]));
        Assert.Equal("8 missing False False none 0 2 1", Join(nodes[1]));

        static string Join(JsonElement node) => string.Join(
            ' ', ((string[])["id", "state", "self", "leader", "shards", "shardCount", "upSeconds", "leaseSeconds"]).Select(name => node.GetProperty(name).ToString()));
    }

    [Theory]
    [InlineData("/v1/endpoints")]
    [InlineData("/v1/endpoints/billing/orders")]
    [InlineData("/v1/integrations")]
    public async Task Configuration_Answer_HasNoSecret(string path)
    {
        await using var host = await ApiHost.StartAsync();
        var response = await host.GetAsync(path);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("billing/orders", text, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
    }
}
