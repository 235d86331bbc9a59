using System.Net;
using System.Text;
using System.Text.Json;
using Carrick.Receiving;
using Carrick.Signatures;
using Carrick.Tests.Signatures;
using Xunit;

namespace Carrick.Tests.Receiving;

/// <summary>One body, many events.</summary>
public sealed class BatchTests : IAsyncLifetime
{
    private const string Changes = """
        {"object":"page","entry":[
          {"id":"1","time":10,"changes":[{"field":"feed","value":{"n":1}} , {"field":"mention","value":{"n":2}}]},
          {"id":"2","time":20,"changes":[{"field":"feed","value":{"n":1}}]}]}
        """;

    private ReceivingHost _host = null!;

    private IncomingEvent[] Stored => [.. _host.Engine.Stored];

    public async ValueTask InitializeAsync() => _host = await ReceivingHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Post_MetaChanges_BecomeOneEventEachWithTheirOwnBytes()
    {
        var answer = await SendAsync(WebhookScheme.Meta, Changes);

        Assert.Equal(["""{"field":"feed","value":{"n":1}}""", """{"field":"mention","value":{"n":2}}""", """{"field":"feed","value":{"n":1}}"""], Bodies());
        Assert.Equal(["page.feed", "page.mention", "page.feed"], Stored.Select(item => item.Type));
        Assert.Equal([("1", 10L), ("1", 10L), ("2", 20L)], Stored.Select(item => (item.Subject!, item.Version!.Value)));
        Assert.Equal(Stored.Select(item => $"{item.Subject}:{item.Version}:{FieldText.HashOf(item.Body.Span)}"), Stored.Select(item => item.MessageId));
        Assert.Equal(3, answer.GetProperty("events").GetArrayLength());
        Assert.Equal([3], _host.Engine.Commands);
        Assert.True((await SendAsync(WebhookScheme.Meta, Changes)).GetProperty("duplicate").GetBoolean());
    }

    [Theory]
    [InlineData("""{"object":"page","entry":[{"id":"1","time":10,"messaging":[{"mid":1},{"mid":2}]}]}""", new[] { """{"mid":1}""", """{"mid":2}""" }, "page")]
    [InlineData("""{"object":"x","entry":[{"id":"1","messaging":[{"a":1}],"changes":[{"b":2}]}]}""", new[] { """{"a":1}""", """{"b":2}""" }, "x")]
    [InlineData("""{"object":"user","entry":[{"id":"1","changed_fields":["email"]}]}""", new[] { """{"id":"1","changed_fields":["email"]}""" }, "user")]
    [InlineData("""{"object":"user","entry":[{"id":"1","changes":[]},{"id":"2","changes":{"field":"f"}}]}""", new[] { """{"id":"1","changes":[]}""", """{"field":"f"}""" }, "user")]
    [InlineData("""{"object":"user","entry":[]}""", new[] { """{"object":"user","entry":[]}""" }, "user")]
    [InlineData("""{"object":"user"}""", new[] { """{"object":"user"}""" }, "user")]
    [InlineData("""{"object":"user","entry":[null,1]}""", new[] { "null", "1" }, "user")]
    [InlineData("""{"object":"user","entry":[{"id":"1"}]} x""", new[] { """{"object":"user","entry":[{"id":"1"}]} x""" }, "unknown")]
    public async Task Post_MetaWithoutSomeArray_LosesNothing(string body, string[] events, string type)
    {
        await SendAsync(WebhookScheme.Meta, body);
        Assert.Equal(events, Bodies());
        Assert.Equal(type, Stored[0].Type.Split('.')[0]);
    }

    [Fact]
    public async Task Post_HubSpotArrayBehindAByteOrderMark_IsSplitByteExact()
    {
        await SendAsync(WebhookScheme.HubSpot, "\uFEFF[{\"eventId\":1}, {\"eventId\":2}]");
        Assert.Equal(["1", "2"], Stored.Select(item => item.MessageId));
        Assert.Equal(["""{"eventId":1}""", """{"eventId":2}"""], Bodies());
    }

    [Theory]
    [InlineData("""{"eventId":1,"subscriptionType":"t"}""", "1", "t")]
    [InlineData("[]", null, "unknown")]
    [InlineData("""[{"subscriptionType":"t"}]""", null, "t")]
    public async Task Post_HubSpotWithoutItemsOrIds_IsOneEvent(string body, string? id, string type)
    {
        await SendAsync(WebhookScheme.HubSpot, body);
        var item = Assert.Single(Stored);
        Assert.Equal((id ?? FieldText.HashOf(item.Body.Span), type), (item.MessageId, item.Type));
    }

    [Fact]
    public async Task Post_5000Items_AreAllStoredInOneCommand()
    {
        var answer = await SendAsync(WebhookScheme.HubSpot, Items(5_000));
        Assert.Equal(5_000, answer.GetProperty("events").GetArrayLength());
        Assert.Equal(Enumerable.Range(0, 5_000).Select(i => $"{i}"), Stored.Select(item => item.MessageId));
        Assert.Equal([5_000], _host.Engine.Commands);
    }

    [Theory]
    [InlineData(1024 * 1024, 16_384)]
    [InlineData(4 * 1024 * 1024, 65_536)]
    [InlineData(16 * 1024, 1_000)]
    public void Map_ItemsAtTheLimit_AreSplitAndOneMoreIsRefused(long maxBody, int most)
    {
        var mapper = new EventMapper(new WebhookSourceDefinition { Scheme = WebhookScheme.HubSpot, MaxBodyBytes = maxBody });
        Assert.Equal(most, mapper.Map("x", Request(most), default, []).Count);
        Assert.Empty(mapper.Map("x", Request(most + 1), default, []));
    }

    [Fact]
    public async Task Post_TooManyItems_Answers413AndStoresNothing()
    {
        using var answer = await _host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.HubSpot, Check.Bytes('[' + string.Join(',', Enumerable.Repeat('1', 16_385)) + ']')));
        await ReceivingHost.AssertProblemAsync(answer, HttpStatusCode.RequestEntityTooLarge, "The body has too many events.");
        Assert.Empty(Stored);
        Assert.Contains("carrick.inbound.received{source=hubspot,result=too_many_events}=1", _host.Measurements);
    }

    [Theory]
    [InlineData("true", "$.event.split: must be a string")]
    [InlineData("\"json\"", "$.event.split: is no path to items")]
    [InlineData("\"json.a\"", "$.event.split: is no path to items")]
    [InlineData("\"json.a[0].b[]\"", "$.event.split: is no path to items")]
    [InlineData("\"json.a[].b[].c[].d[].e[]\"", "$.event.split: is no path to items")]
    [InlineData("\"header.x\"", "$.event.split: is no path to items")]
    [InlineData("\"json.other[]\"", "$.event.id: 'json.items[].id' is in no item that becomes an event")]
    [InlineData("\"json[]\"", "$.event.type: 'json.type' must begin with 'json[]'")]
    public void Parse_SplitThatDoesNotFit_NamesItsPath(string split, string error)
    {
        var exception = Assert.Throws<FormatException>(() => WebhookScheme.Parse(
            """{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"event":{"split":SPLIT,"id":"json.items[].id","type":"json.type"}}"""
                .Replace("SPLIT", split, StringComparison.Ordinal)));
        Assert.Contains(error, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("stripe", "json.items[].id", "idPath: 'json.items[].id' is in no item that becomes an event")]
    [InlineData("hubspot", "json.objectId", "idPath: 'json.objectId' must begin with 'json[]', because the body is an array of events")]
    public void Validate_PathThatDoesNotFitTheSplit_IsRefused(string scheme, string path, string error)
    {
        Assert.True(WebhookScheme.TryGet(scheme, out var found));
        Assert.Equal(error, Assert.Single((ReceivingHost.Source(found) with { IdPath = path }).Validate()));
    }

    private static string Items(int count) => $"[{string.Join(',', Enumerable.Range(0, count).Select(i => $"{{\"eventId\":{i}}}"))}]";

    private static WebhookRequest Request(int items) =>
        new("POST", "", new Microsoft.AspNetCore.Http.HeaderDictionary(), Check.Bytes('[' + string.Join(',', Enumerable.Repeat('1', items)) + ']'));

    private string[] Bodies() => [.. Stored.Select(item => Encoding.UTF8.GetString(item.Body.Span))];

    private async Task<JsonElement> SendAsync(WebhookScheme scheme, string body)
    {
        using var answer = await _host.Client.SendAsync(ReceivingHost.Signed(scheme, Check.Bytes(body)));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }
}
