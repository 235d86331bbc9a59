using System.Net;
using System.Text;
using System.Text.Json;
using Carrick.Integrations;
using Carrick.Receiving;
using Carrick.Signatures;
using Carrick.Tests.Signatures;
using Xunit;

namespace Carrick.Tests.Receiving;

public sealed class EndpointTests : IAsyncLifetime
{
    private ReceivingHost _host = null!;

    public static TheoryData<string> Schemes => [.. WebhookScheme.All.Select(scheme => scheme.Name)];

    public async ValueTask InitializeAsync() => _host = await ReceivingHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task Post_Signed_IsStoredByteExactAndAnswered200(string name)
    {
        WebhookScheme.TryGet(name, out var scheme);
        var body = Check.Bytes(name == "twilio" ? "MessageSid=SM1&MessageStatus=sent" : """{ "id" : "evt_1","type":"a.b", "n": 1.0 }""");
        using var answer = await _host.Client.SendAsync(ReceivingHost.Signed(scheme!, body, "m1", "a.b"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stored = Assert.Single(_host.Engine.Stored);
        Assert.Equal(body, stored.Body.ToArray());
        Assert.StartsWith($"{name}/", stored.Verdict, StringComparison.Ordinal);
        Assert.Contains($"carrick.inbound.received{{source={name},result=accepted}}=1", _host.Measurements);
        Assert.Contains($"carrick.inbound.ack.duration{{source={name}}}=0", _host.Measurements);
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task Post_OtherSecret_IsRefusedWithOneBodyAndLeavesNothing(string name)
    {
        WebhookScheme.TryGet(name, out var scheme);
        var request = ReceivingHost.Signed(scheme!, Check.Bytes("k=canary-payload"), "m1", "a.b");
        foreach (var header in scheme!.Plan.Alternatives.Select(alternative => alternative.Signature.Header).Where(request.Headers.Contains).ToList())
        {
            var value = request.Headers.GetValues(header).Single();
            request.Headers.Remove(header);
            request.Headers.TryAddWithoutValidation(header, value[..^6] + "AAAAAA");
        }

        using var answer = await _host.Client.SendAsync(request);
        await AssertRefused(answer);
        Assert.Empty(_host.Engine.Stored);
        Assert.DoesNotContain(_host.Log.Lines, line => line.Text.Contains("canary", StringComparison.Ordinal));
        Assert.Contains($"carrick.inbound.received{{source={name},result=rejected}}=1", _host.Measurements);
        Assert.Single(_host.Log.Warnings);
    }

    [Fact]
    public async Task Post_SameMessageTwice_IsADuplicateWithTheFirstId()
    {
        var first = await SendAsync(ReceivingHost.Signed(WebhookScheme.StandardWebhooks, Check.Bytes("{}"), "d1"));
        var second = await SendAsync(ReceivingHost.Signed(WebhookScheme.StandardWebhooks, Check.Bytes("{}"), "d1"));
        var conflict = await SendAsync(ReceivingHost.Signed(WebhookScheme.StandardWebhooks, Check.Bytes("{ }"), "d1"));
        Assert.False(first.GetProperty("duplicate").GetBoolean());
        Assert.StartsWith("evt_", first.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.True(second.GetProperty("duplicate").GetBoolean());
        Assert.Equal(first.GetProperty("id").GetString(), second.GetProperty("id").GetString());
        Assert.Equal(first.GetProperty("id").GetString(), conflict.GetProperty("id").GetString());
        Assert.Contains("carrick.inbound.conflicts{source=standard-webhooks}=1", _host.Measurements);
        Assert.Single(_host.Engine.Stored);
    }

    [Fact]
    public async Task Post_KnownBodyUnderAnotherUnsignedId_IsAcceptedCountedAndLoggedOnceAMinute()
    {
        for (var i = 0; i < 4; i++)
        {
            Assert.False((await SendAsync(ReceivingHost.Signed(WebhookScheme.GitHub, Check.Bytes("{}"), $"d{i}", "push"))).GetProperty("duplicate").GetBoolean());
        }

        Assert.Equal(3, _host.Measurements.Count(line => line == "carrick.inbound.possible_replays{source=github}=1"));
        Assert.DoesNotContain(_host.Measurements, line => line.StartsWith("carrick.inbound.conflicts", StringComparison.Ordinal));
        _host.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(
            ["Integration github accepted 1 event(s) whose body was known under another id.", "Integration github accepted 2 event(s) whose body was known under another id."],
            _host.Log.Lines.Where(line => line.Text.Contains("known under another id", StringComparison.Ordinal)).Select(line => line.Text.Split(" The id is")[0]));
    }

    [Fact]
    public async Task Post_ForgedWithTheIdOfALaterMessage_DoesNotUseUpThatId()
    {
        var forged = ReceivingHost.Signed(WebhookScheme.GitHub, Check.Bytes("{}"), "d1", "push");
        forged.Content = new ByteArrayContent(Check.Bytes("{ }"));
        using var refused = await _host.Client.SendAsync(forged, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);

        var genuine = await SendAsync(ReceivingHost.Signed(WebhookScheme.GitHub, Check.Bytes("{}"), "d1", "push"));

        Assert.False(genuine.GetProperty("duplicate").GetBoolean());
        Assert.Single(_host.Engine.Stored);
    }

    [Fact]
    public async Task Post_AgainAfter503_IsNoDuplicate()
    {
        _host.Engine.Full = true;
        using var refused = await _host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.GitHub, Check.Bytes("{}"), "d1", "push"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        _host.Engine.Full = false;

        var again = await SendAsync(ReceivingHost.Signed(WebhookScheme.GitHub, Check.Bytes("{}"), "d1", "push"));

        Assert.False(again.GetProperty("duplicate").GetBoolean());
    }

    [Fact]
    public async Task Post_UnknownIntegration_Answers404InTheSameShape()
    {
        using var answer = await _host.Client.PostAsync("/webhooks/nobody", new StringContent("{}"));
        await ReceivingHost.AssertProblemAsync(answer, HttpStatusCode.NotFound, "There is no such integration.");
        Assert.Contains("carrick.inbound.received{source=unknown,result=unknown_integration}=1", _host.Measurements);
    }

    [Fact]
    public async Task Get_SchemeWithoutHandshake_Answers405()
    {
        using var answer = await _host.Client.GetAsync("/webhooks/github");
        await ReceivingHost.AssertProblemAsync(answer, HttpStatusCode.MethodNotAllowed, "Use POST.");
        Assert.Equal(["POST"], answer.Content.Headers.Allow);
    }

    [Fact]
    public async Task Post_EngineFull_Answers503WithRetryAfter()
    {
        _host.Engine.Full = true;
        using var answer = await _host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.GitHub, Check.Bytes("{}"), "d1", "push"));
        await ReceivingHost.AssertProblemAsync(answer, HttpStatusCode.ServiceUnavailable, "No events are taken now. Try again later.");
        Assert.Equal(TimeSpan.FromSeconds(2), answer.Headers.RetryAfter!.Delta);
        Assert.Contains("carrick.inbound.received{source=github,result=full}=1", _host.Measurements);
    }

    [Fact]
    public async Task Post_GitHub_MapsIdTypeAndHeaders()
    {
        var request = ReceivingHost.Signed(WebhookScheme.GitHub, Check.Bytes("""{"action":"opened"}"""), "72d3162e", "issues");
        request.Headers.Add("Authorization", "Bearer canary");
        request.Headers.Add("Cookie", "a=canary");
        request.Headers.Add("User-Agent", "GitHub-Hookshot/1");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        await SendAsync(request);
        var stored = Assert.Single(_host.Engine.Stored);
        Assert.Equal(("72d3162e", "issues.opened", "application/json"), (stored.MessageId, stored.Type, stored.ContentType));
        Assert.Equal("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", stored.TraceParent);
        Assert.Equal(
            ["content-type", "traceparent", "user-agent", "x-github-delivery", "x-github-event"],
            stored.Headers.Select(header => header.Key).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(stored.Headers, header => header.Value.Contains("canary", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Post_HubSpotBatch_BecomesOneEventPerItemWithItsOwnBytes()
    {
        var body = Check.Bytes("""[ {"portalId":1,"subscriptionId":2,"objectId":3,"occurredAt":4,"eventId":5,"subscriptionType":"contact.creation"} , {"eventId":6} ]""");
        var answer = await SendAsync(ReceivingHost.Signed(WebhookScheme.HubSpot, body));
        Assert.Equal(2, answer.GetProperty("events").GetArrayLength());
        Assert.Equal(["1:2:3:4:5", "6"], _host.Engine.Stored.Select(item => item.MessageId));
        Assert.Equal(["contact.creation", "unknown"], _host.Engine.Stored.Select(item => item.Type));
        Assert.Equal("""{"eventId":6}""", Encoding.UTF8.GetString(_host.Engine.Stored.Last().Body.Span));
        var again = await SendAsync(ReceivingHost.Signed(WebhookScheme.HubSpot, body));
        Assert.True(again.GetProperty("duplicate").GetBoolean());
    }

    [Fact]
    public async Task Post_Twilio_IsAcknowledgedWithTwiml()
    {
        using var answer = await _host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.Twilio, Check.Bytes("MessageSid=SM1&MessageStatus=sent")));
        Assert.Equal("text/xml; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Contains("<Response/>", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("sent", Assert.Single(_host.Engine.Stored).Type);
    }

    [Fact]
    public async Task Post_SlackUrlVerification_EchoesTheChallengeAndStoresNothing()
    {
        var answer = await SendAsync(ReceivingHost.Signed(WebhookScheme.Slack, Check.Bytes("""{"type":"url_verification","challenge":"abc<\""}""")));
        Assert.Equal("abc<\"", answer.GetProperty("challenge").GetString());
        Assert.Empty(_host.Engine.Stored);
    }

    [Fact]
    public async Task Post_SlackUrlVerificationUnsigned_IsRefused()
    {
        using var answer = await _host.Client.PostAsync("/webhooks/slack", new StringContent("""{"type":"url_verification","challenge":"abc"}"""));
        await AssertRefused(answer);
    }

    [Fact]
    public async Task Post_ZoomUrlValidation_AnswersTheTokensHmac()
    {
        var answer = await SendAsync(ReceivingHost.Signed(WebhookScheme.Zoom, Check.Bytes("""{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}""")));
        Assert.Equal("qgg8vlvZRS6UYooatFL8Aw", answer.GetProperty("plainToken").GetString());
        var expected = System.Security.Cryptography.HMACSHA256.HashData(Check.Bytes(ReceivingHost.Secret), Check.Bytes("qgg8vlvZRS6UYooatFL8Aw"));
        Assert.Equal(Convert.ToHexStringLower(expected), answer.GetProperty("encryptedToken").GetString());
        Assert.Empty(_host.Engine.Stored);
    }

    [Fact]
    public async Task Get_MetaVerification_EchoesTheChallengeForTheRightTokenOnly()
    {
        using var right = await _host.Client.GetAsync("/webhooks/meta?hub.mode=subscribe&hub.verify_token=canary-verify-token&hub.challenge=1158201444");
        Assert.Equal("1158201444", await right.Content.ReadAsStringAsync());
        Assert.Equal("text/plain; charset=utf-8", right.Content.Headers.ContentType!.ToString());
        Assert.Equal(["nosniff"], right.Headers.GetValues("X-Content-Type-Options"));
        using var wrong = await _host.Client.GetAsync("/webhooks/meta?hub.mode=subscribe&hub.verify_token=other&hub.challenge=1158201444");
        await AssertRefused(wrong);
    }

    [Fact]
    public async Task Post_IntegrationRemovedWhileTheBodyComes_Is404()
    {
        var body = Check.Bytes("{}");
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _host.Address.Port);
        await socket.GetStream().WriteAsync(Check.Bytes(ReceivingHost.Head(body) + "Content-Length: 2\r\nConnection: close\r\n\r\n{"));
        await Wait.Until(() => _host.Log.Lines.Any(line => line.Text.StartsWith("Executing endpoint", StringComparison.Ordinal)));
        await _host.Engine.ApplyAsync([], CancellationToken.None);
        await socket.GetStream().WriteAsync(Check.Bytes("}"));
        ReceivingHost.AssertLastProblem(await ReceivingHost.ReadToTheEndAsync(socket.GetStream()), 404, "There is no such integration.");
        Assert.Contains("carrick.inbound.received{source=unknown,result=unknown_integration}=1", _host.Measurements);
        Assert.DoesNotContain(_host.Log.Lines, line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Theory]
    [InlineData("""{"status":204}""", 204, "")]
    [InlineData("""{"status":202,"contentType":"text/plain","body":"ok"}""", 202, "ok")]
    [InlineData("""{}""", 200, "")]
    public async Task Post_OwnAcknowledgement_IsAnswered(string ack, int status, string text)
    {
        var scheme = WebhookScheme.Parse($$"""{"name":"x","kind":"token","integrity":"none","signature":{"header":"x-t"},"ack":{{ack}}}""");
        var source = new WebhookSourceDefinition { Scheme = scheme, Secrets = [ReceivingHost.Secret] };
        await using var host = await ReceivingHost.StartAsync([new IntegrationDefinition { Name = "x", Source = source }]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/x") { Content = new StringContent("{}") };
        request.Headers.Add("x-t", ReceivingHost.Secret);
        using var answer = await host.Client.SendAsync(request);
        Assert.Equal((status, text), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()));
        Assert.Single(host.Engine.Stored);
    }

    [Fact]
    public async Task Post_ConfiguredPaths_SetSubjectVersionTypeAndId()
    {
        var source = ReceivingHost.Source(WebhookScheme.Stripe) with
        {
            IdPath = "json.data.object.id",
            TypePath = "json.object",
            SubjectPath = "json.data.object.customer",
            VersionPath = "json.created",
        };
        await using var host = await ReceivingHost.StartAsync([new IntegrationDefinition { Name = "stripe", Source = source }]);
        var body = Check.Bytes("""{"id":"evt_1","object":"event","created":1760000000,"data":{"object":{"id":"in_1","customer":"cus_1"}}}""");
        using var answer = await host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.Stripe, body));
        var stored = Assert.Single(host.Engine.Stored);
        Assert.Equal(("in_1", "event", "cus_1", 1_760_000_000L), (stored.MessageId, stored.Type, stored.Subject, stored.Version));
    }

    private async Task<JsonElement> SendAsync(HttpRequestMessage request)
    {
        using var answer = await _host.Client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{answer.StatusCode} {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    internal static Task AssertRefused(HttpResponseMessage answer) => ReceivingHost.AssertProblemAsync(answer, HttpStatusCode.BadRequest, "The request was refused.");
}
