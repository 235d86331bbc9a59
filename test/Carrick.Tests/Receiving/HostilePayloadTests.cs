using System.Net;
using System.Text;
using Carrick.Signatures;
using Carrick.Tests.Signatures;
using Xunit;

namespace Carrick.Tests.Receiving;

/// <summary>Signed bodies that no parser likes: all are stored byte-exact.</summary>
public sealed class HostilePayloadTests : IAsyncLifetime
{
    private ReceivingHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ReceivingHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("""{"id":"first","id":"second","type":"a","type":"b"}""", "second", "b")]
    [InlineData("""{"id":1e400,"type":-0}""", "1e400", "-0")]
    [InlineData("""{"id":9007199254740993,"type":"t"}""", "9007199254740993", "t")]
    [InlineData("""{"id":"evt_1","type":"a\u0000b\n"}""", "evt_1", "a_b_")]
    [InlineData("""{"id":"evt_1","__proto__":{"id":"x"},"$type":"y","type":"t"}""", "evt_1", "t")]
    [InlineData("""{"id":null,"type":{"a":1}}""", null, "unknown")]
    [InlineData("""{"id":"evt_1","type":"t"} trailing""", null, "unknown")]
    [InlineData("\uFEFF{\"id\":\"evt_1\",\"type\":\"t\"}", "evt_1", "t")]
    [InlineData("""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>""", null, "unknown")]
    [InlineData("not json", null, "unknown")]
    public async Task Post_SignedBody_GetsTheseFields(string body, string? id, string type)
    {
        var stored = await StoreAsync(Check.Bytes(body));
        Assert.Equal(id ?? FieldText.HashOf(Check.Bytes(body)), stored.MessageId);
        Assert.Equal(type, stored.Type);
    }

    [Theory]
    [InlineData("""{"id":"\ud800","type":"t"}""")]
    [InlineData("""{"id":"a\u0000b","type":"t"}""")]
    public async Task Post_IdThatIsNoPlainText_IsHashed(string body)
    {
        var stored = await StoreAsync(Check.Bytes(body));
        Assert.StartsWith("sha256:", stored.MessageId, StringComparison.Ordinal);
        Assert.Equal("t", stored.Type);
    }

    [Fact]
    public async Task Post_InvalidUtf8_IsStoredByteExact()
    {
        byte[] body = [.. Check.Bytes("{\"id\":\""), 0xC3, 0x28, 0xFF, .. Check.Bytes("\",\"type\":\"t\"}")];
        Assert.StartsWith("sha256:", (await StoreAsync(body)).MessageId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_DeepJson_IsStoredUnderItsHash()
    {
        var body = Check.Bytes("""{"id":"evt_1","deep":""" + new string('[', 100_000) + new string(']', 100_000) + "}");
        Assert.Equal(FieldText.HashOf(body), (await StoreAsync(body)).MessageId);
    }

    [Fact]
    public async Task Post_LongStringAndManyKeys_AreRead()
    {
        var body = Check.Bytes($$"""{"pad":"{{new string('x', 300_000)}}",{{string.Concat(Enumerable.Range(0, 40_000).Select(i => $"\"k{i}\":0,"))}}"id":"evt_1","type":"t"}""");
        Assert.Equal("evt_1", (await StoreAsync(body)).MessageId);
    }

    [Theory]
    [InlineData(256)]
    [InlineData(1_531)]
    [InlineData(500_000)]
    public async Task Post_IdAndTypeTooLong_AreHashedAndUnknown(int length)
    {
        var stored = await StoreAsync(Check.Bytes($$"""{"id":"{{new string('i', length)}}","type":"{{new string('t', length)}}"}"""));
        Assert.StartsWith("sha256:", stored.MessageId, StringComparison.Ordinal);
        Assert.Equal("unknown", stored.Type);
    }

    [Theory]
    [InlineData("""{"id":"evt_1","type":"\ud800"}""")]
    [InlineData("""{"id":"evt_1","type":"a\udc00b"}""")]
    public async Task Post_TypeThatIsNoUnicode_IsUnknown(string body)
    {
        var stored = await StoreAsync(Check.Bytes(body));
        Assert.Equal(("evt_1", "unknown"), (stored.MessageId, stored.Type));
    }

    [Theory]
    [InlineData("""<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><lolz>&b;&b;&b;</lolz>""", "utf-8", "application/xml")]
    [InlineData("""<?xml version="1.0" encoding="UTF-16"?><a>1</a>""", "utf-16", "application/xml")]
    [InlineData("""<?xml version="1.0" encoding="UTF-7"?><a>+ADw-script+AD4-</a>""", "us-ascii", "text/xml")]
    public async Task Post_XmlBombOrOtherEncoding_IsJustBytes(string text, string encoding, string contentType)
    {
        var body = Encoding.GetEncoding(encoding).GetBytes(text);
        var request = ReceivingHost.Signed(WebhookScheme.GitHub, body, "x1");
        request.Content!.Headers.Remove("content-type");
        request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        using var answer = await _host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stored = Assert.Single(_host.Engine.Stored);
        Assert.Equal(body, stored.Body.ToArray());
        Assert.Equal(("unknown", contentType), (stored.Type, stored.ContentType));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("gzip, br")]
    [InlineData("snake-oil")]
    public async Task Post_NestedOrUnknownEncoding_IsStoredByteExact(string encoding)
    {
        var body = Gzip(Gzip(new byte[100_000]));
        var request = ReceivingHost.Signed(WebhookScheme.Stripe, body);
        request.Content!.Headers.TryAddWithoutValidation("content-encoding", encoding);
        using var answer = await _host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stored = Assert.Single(_host.Engine.Stored);
        Assert.Equal(body, stored.Body.ToArray());
        Assert.Equal((FieldText.HashOf(body), "unknown"), (stored.MessageId, stored.Type));
        Assert.Contains(new KeyValuePair<string, string>("content-encoding", encoding), stored.Headers);
    }

    [Theory]
    [InlineData("string")]
    [InlineData("keys")]
    public async Task Post_LongStringOrMillionKeys_Is413UnlessTheSourceTakesIt(string kind)
    {
        var text = kind == "string" ? $"\"pad\":\"{new string('x', 10_000_000)}\"" : string.Join(',', Enumerable.Range(0, 1_000_000).Select(i => $"\"k{i}\":0"));
        var body = Check.Bytes($$"""{{{text}},"id":"evt_1","type":"t"}""");
        var waiting = ReceivingHost.Signed(WebhookScheme.Stripe, body);
        waiting.Headers.ExpectContinue = true;
        using var refused = await _host.Client.SendAsync(waiting);
        await ReceivingHost.AssertProblemAsync(refused, HttpStatusCode.RequestEntityTooLarge, "The body is too large.");

        var source = ReceivingHost.Source(WebhookScheme.Stripe) with { MaxBodyBytes = 25 * 1024 * 1024 };
        await using var host = await ReceivingHost.StartAsync([new() { Name = "stripe", Source = source }]);
        using var answer = await host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.Stripe, body));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stored = Assert.Single(host.Engine.Stored);
        Assert.Equal(("evt_1", "t"), (stored.MessageId, stored.Type));
        Assert.True(stored.Body.Span.SequenceEqual(body));
    }

    [Fact]
    public async Task Post_FormWith10000Fields_IsAcceptedAndMoreIsRefused()
    {
        string Form(int fields) => string.Join('&', Enumerable.Range(0, fields).Select(i => $"f{i}={i}"));
        var most = Check.Bytes(Form(10_000));
        using var accepted = await _host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.Twilio, most));
        Assert.Equal(HttpStatusCode.OK, accepted.StatusCode);
        var request = ReceivingHost.Signed(WebhookScheme.Twilio, most);
        request.Content = new StringContent(Form(10_001), Encoding.ASCII, "application/x-www-form-urlencoded");
        using var refused = await _host.Client.SendAsync(request);
        await EndpointTests.AssertRefused(refused);
        Assert.Contains("carrick.security.signature_failures{source=twilio,reason=missing_field}=1", _host.Measurements);
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(stream, System.IO.Compression.CompressionLevel.Optimal))
        {
            gzip.Write(bytes);
        }

        return stream.ToArray();
    }

    private async Task<IncomingEvent> StoreAsync(byte[] body)
    {
        using var answer = await _host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.Stripe, body));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stored = Assert.Single(_host.Engine.Stored);
        Assert.Equal(body, stored.Body.ToArray());
        return stored;
    }
}
