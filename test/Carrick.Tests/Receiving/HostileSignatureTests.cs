using System.Net;
using Carrick.Signatures;
using Carrick.Tests.Signatures;
using Xunit;

namespace Carrick.Tests.Receiving;

/// <summary>Forged, stale, mangled and repeated signatures.</summary>
public sealed class HostileSignatureTests : IAsyncLifetime
{
    private static readonly byte[] Body = Check.Bytes("""{"id":"evt_1","type":"a.b"}""");
    private ReceivingHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ReceivingHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData(null, "missing_signature")]
    [InlineData("", "missing_signature")]
    [InlineData("t=1760000000", "malformed_signature")]
    [InlineData("t=1760000000,v0={v1}", "malformed_signature")]
    [InlineData("v1={v1}", "missing_field")]
    [InlineData("t=1760000000,t=1760000001,v1={v1}", "missing_field")]
    [InlineData("t=-1760000000,v1={v1}", "malformed_timestamp")]
    [InlineData("t=+1760000000,v1={v1}", "malformed_timestamp")]
    [InlineData("t=NaN,v1={v1}", "malformed_timestamp")]
    [InlineData("t=1760000000.0,v1={v1}", "malformed_timestamp")]
    [InlineData("t=99999999999999999999,v1={v1}", "malformed_timestamp")]
    [InlineData("t=999999999999999,v1={v1}", "future_timestamp")]
    [InlineData("t=1760000301,v1={v1}", "future_timestamp")]
    [InlineData("t=1759999699,v1={v1}", "stale_timestamp")]
    [InlineData("t=0,v1={v1}", "stale_timestamp")]
    [InlineData("t=1760000001,v1={v1}", "mismatch")]
    [InlineData("t=1760000000,v1= {v1}", "malformed_signature")]
    [InlineData("t=1760000000,v1={v1}00", "malformed_signature")]
    public async Task Post_StripeHeader_IsRefusedForTheTrueReason(string? header, string reason)
    {
        var request = ReceivingHost.Signed(WebhookScheme.Stripe, Body);
        var v1 = request.Headers.GetValues("stripe-signature").Single().Split("v1=")[1];
        request.Headers.Remove("stripe-signature");
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation("stripe-signature", header.Replace("{v1}", v1, StringComparison.Ordinal));
        }

        using var answer = await _host.Client.SendAsync(request);
        await EndpointTests.AssertRefused(answer);
        Assert.Contains($"carrick.security.signature_failures{{source=stripe,reason={reason}}}=1", _host.Measurements);
        Assert.Equal($"Integration stripe refused 1 request(s): {reason}.", Assert.Single(_host.Log.Warnings));
    }

    [Theory]
    [InlineData("t=1760000000,v1={other},v1={v1}")]
    [InlineData("t=1760000000,v0=x,v1={v1},v9=y")]
    [InlineData("t=1760000000,v1={V1}")]
    [InlineData("t=1760000000,{49 others},v1={v1}")]
    public async Task Post_StripeHeaderWithOneRightSignature_IsAccepted(string header)
    {
        using var answer = await SendAsync(header);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Post_RightSignatureAfter64Others_IsNotLookedAt()
    {
        using var answer = await SendAsync("t=1760000000,{64 others},v1={v1}");
        await EndpointTests.AssertRefused(answer);
    }

    [Fact]
    public async Task Post_TwoDifferentSignatureLines_IsRefused()
    {
        var stripe = ReceivingHost.Signed(WebhookScheme.Stripe, Body).Headers.GetValues("stripe-signature").Single();
        var first = await _host.RawAsync(Check.Bytes(
            $"POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nstripe-signature: {stripe}\r\nstripe-signature: t=1760000000,v1={new string('0', 64)}\r\nContent-Length: {Body.Length}\r\n\r\n"), Body);
        Assert.StartsWith("HTTP/1.1 400", first, StringComparison.Ordinal);
        Assert.Contains("carrick.security.signature_failures{source=stripe,reason=duplicate_signature}=1", _host.Measurements);
        var raw = ReceivingHost.Head(Body).Replace("x-hub-signature-256: ", "x-hub-signature-256: sha256=00\r\nx-hub-signature-256: ", StringComparison.Ordinal);
        var answer = await _host.RawAsync(Check.Bytes(raw + $"Content-Length: {Body.Length}\r\n\r\n"), Body);
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("carrick.security.signature_failures{source=github,reason=duplicate_signature}=1", _host.Measurements);
        Assert.Empty(_host.Engine.Stored);
    }

    [Fact]
    public async Task Post_TheSameSignatureLineTwice_IsAccepted()
    {
        var head = ReceivingHost.Head(Body);
        var line = head.Split("\r\n").Single(text => text.StartsWith("x-hub-signature-256", StringComparison.Ordinal));
        Assert.StartsWith("HTTP/1.1 200", await _host.RawAsync(Check.Bytes($"{head}{line}\r\nContent-Length: {Body.Length}\r\n\r\n"), Body), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"a.b","id":"evt_1"}""")]
    [InlineData("""{ "id":"evt_1","type":"a.b"}""")]
    [InlineData("\uFEFF{\"id\":\"evt_1\",\"type\":\"a.b\"}")]
    public async Task Post_BodyWrittenAnotherWay_IsRefused(string other)
    {
        var request = ReceivingHost.Signed(WebhookScheme.Stripe, Body);
        request.Content = new ByteArrayContent(Check.Bytes(other));
        using var answer = await _host.Client.SendAsync(request);
        await EndpointTests.AssertRefused(answer);
    }

    [Fact]
    public async Task Post_SignedForAnotherSource_IsRefused()
    {
        var source = ReceivingHost.Source(WebhookScheme.GitHub) with { Secrets = ["the-secret-of-another-source"] };
        await using var host = await ReceivingHost.StartAsync([
            new() { Name = "one", Source = ReceivingHost.Source(WebhookScheme.GitHub) },
            new() { Name = "two", Source = source },
        ]);
        using var one = await host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.GitHub, Body, "1", "push", path: "/webhooks/one"));
        using var two = await host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.GitHub, Body, "1", "push", path: "/webhooks/two"));
        Assert.Equal(HttpStatusCode.OK, one.StatusCode);
        await EndpointTests.AssertRefused(two);
    }

    [Theory]
    [InlineData("url")]
    [InlineData("unpadded")]
    [InlineData("space")]
    [InlineData("bits")]
    public async Task Post_Base64OfAnotherSpelling_IsRefused(string spelling)
    {
        // A body whose signature ends in a character with two free bits, and has characters that differ in base64url.
        var (request, right) = Enumerable.Range(0, 1000).Select(i => ReceivingHost.Signed(WebhookScheme.Shopify, Check.Bytes($"{{\"n\":{i}}}"), "e1", "orders/create"))
            .Select(candidate => (candidate, candidate.Headers.GetValues("x-shopify-hmac-sha256").Single()))
            .First(pair => pair.Item2.Contains('+', StringComparison.Ordinal) || pair.Item2.Contains('/', StringComparison.Ordinal));
        var other = spelling switch
        {
            "url" => right.Replace('+', '-').Replace('/', '_'),
            "unpadded" => right.TrimEnd('='),
            "space" => right.Insert(10, " "),
            _ => right[..^2] + (char)(right[^2] + 1) + "=",
        };
        request.Headers.Remove("x-shopify-hmac-sha256");
        request.Headers.TryAddWithoutValidation("x-shopify-hmac-sha256", other);
        using var answer = await _host.Client.SendAsync(request);
        await EndpointTests.AssertRefused(answer);
    }

    [Fact]
    public async Task Post_NonAsciiHeaderBytes_AreRefused()
    {
        byte[] head = [.. Check.Bytes("POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nStripe-Signature: t=1"), 0xFF, 0xFE, .. Check.Bytes("\r\nContent-Length: 2\r\n\r\n{}")];
        Assert.StartsWith("HTTP/1.1 400", await _host.RawAsync(head), StringComparison.Ordinal);
        using var unicode = new HttpRequestMessage(HttpMethod.Post, "/webhooks/stripe") { Content = new ByteArrayContent(Body) };
        var raw = Check.Bytes($"POST /webhooks/stripe HTTP/1.1\r\nHost: x\r\nStripe-Signature: t=1760000000,v1=é\r\nContent-Length: {Body.Length}\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400", await _host.RawAsync(raw, Body), StringComparison.Ordinal);
        Assert.Empty(_host.Engine.Stored);
    }

    [Fact]
    public async Task Post_SignedEmptyBody_IsStoredUnderItsHash()
    {
        using var answer = await _host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.Stripe, []));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stored = Assert.Single(_host.Engine.Stored);
        Assert.Equal(("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "unknown"), (stored.MessageId, stored.Type));
    }

    [Fact]
    public async Task Post_SameBodyOtherId_IsAnotherEvent()
    {
        using var one = await _host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.StandardWebhooks, Body, "msg_1"));
        using var two = await _host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.StandardWebhooks, Body, "msg_2"));
        Assert.Equal(["msg_1", "msg_2"], _host.Engine.Stored.Select(item => item.MessageId));
    }

    [Theory]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("text/plain; charset=iso-8859-1")]
    public async Task Post_OtherCharsetDeclared_ChangesNothingThatIsSigned(string contentType)
    {
        var body = Check.Bytes("""{"id":"evt_é","type":"a.b"}""");
        var request = ReceivingHost.Signed(WebhookScheme.Stripe, body);
        request.Content!.Headers.Remove("content-type");
        request.Content.Headers.TryAddWithoutValidation("content-type", contentType);
        using var answer = await _host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stored = Assert.Single(_host.Engine.Stored);
        Assert.Equal(("evt_é", contentType), (stored.MessageId, stored.ContentType));
        Assert.Equal(body, stored.Body.ToArray());

        var recoded = ReceivingHost.Signed(WebhookScheme.Stripe, body);
        recoded.Content = new ByteArrayContent(System.Text.Encoding.Latin1.GetBytes("""{"id":"evt_é","type":"a.b"}"""));
        using var refused = await _host.Client.SendAsync(recoded);
        await EndpointTests.AssertRefused(refused);
    }

    [Fact]
    public async Task Dispose_RefusalsCountedSinceTheLastLine_AreLogged()
    {
        var host = await ReceivingHost.StartAsync();
        for (var i = 0; i < 7; i++)
        {
            using var answer = await host.Client.PostAsync("/webhooks/stripe", new ByteArrayContent(Body));
        }

        Assert.Equal(["Integration stripe refused 1 request(s): missing_signature."], host.Log.Warnings);
        await host.DisposeAsync();
        Assert.Equal(["Integration stripe refused 1 request(s): missing_signature.", "Integration stripe refused 6 request(s): missing_signature."], host.Log.Warnings);
    }

    [Fact]
    public async Task Post_CompressedBody_IsVerifiedAndStoredAsSent()
    {
        using var stream = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(stream, System.IO.Compression.CompressionLevel.Optimal))
        {
            gzip.Write(new byte[1_000_000]);
        }

        var compressed = stream.ToArray();
        var request = ReceivingHost.Signed(WebhookScheme.GitHub, compressed, "g1", "push");
        request.Content!.Headers.ContentEncoding.Add("gzip");
        using var answer = await _host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stored = Assert.Single(_host.Engine.Stored);
        Assert.Equal(compressed, stored.Body.ToArray());
        Assert.Contains(new KeyValuePair<string, string>("content-encoding", "gzip"), stored.Headers);

        var before = ReceivingHost.Signed(WebhookScheme.GitHub, new byte[1_000_000], "g2", "push");
        before.Content = new ByteArrayContent(compressed);
        before.Content.Headers.ContentEncoding.Add("gzip");
        using var refused = await _host.Client.SendAsync(before);
        await EndpointTests.AssertRefused(refused);
    }

    [Fact]
    public async Task Post_ManyForgeries_RaiseOneSignalAMinute()
    {
        for (var i = 0; i < 25; i++)
        {
            using var answer = await _host.Client.PostAsync("/webhooks/stripe", new ByteArrayContent(Body));
        }

        Assert.Single(_host.Log.Warnings);
        _host.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("Integration stripe refused 24 request(s): missing_signature.", _host.Log.Warnings.Last());
        _host.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(2, _host.Log.Warnings.Count());
        using var later = await _host.Client.PostAsync("/webhooks/stripe", new ByteArrayContent(Body));
        Assert.Equal(3, _host.Log.Warnings.Count());
    }

    private async Task<HttpResponseMessage> SendAsync(string header)
    {
        var request = ReceivingHost.Signed(WebhookScheme.Stripe, Body);
        var v1 = request.Headers.GetValues("stripe-signature").Single().Split("v1=")[1];
        var other = "v1=" + new string('0', 64);
        var text = header.Replace("{v1}", v1, StringComparison.Ordinal).Replace("{V1}", v1.ToUpperInvariant(), StringComparison.Ordinal)
            .Replace("{other}", new string('0', 64), StringComparison.Ordinal)
            .Replace("{49 others}", string.Join(',', Enumerable.Repeat(other, 49)), StringComparison.Ordinal)
            .Replace("{64 others}", string.Join(',', Enumerable.Repeat(other, 64)), StringComparison.Ordinal);
        request.Headers.Remove("stripe-signature");
        request.Headers.TryAddWithoutValidation("stripe-signature", text);
        return await _host.Client.SendAsync(request);
    }
}
