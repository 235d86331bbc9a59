using System.Net;
using System.Net.Sockets;
using System.Text;
using Carrick.Signatures;
using Carrick.Tests.Signatures;
using Xunit;

namespace Carrick.Tests.Receiving;

/// <summary>Requests that are wrong below the signature: framing, sizes, paths, headers.</summary>
public sealed class HostileHttpTests : IAsyncLifetime
{
    private const int Limit = 1024 * 1024;
    private static readonly byte[] Body = Check.Bytes("""{"ref":"main"}""");
    private ReceivingHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ReceivingHost.StartAsync(options => options.MinRateGrace = TimeSpan.FromSeconds(1.5));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("e\n{\"ref\":\"main\"}\r\n0\r\n\r\n")]
    [InlineData("e;\n=x\r\n{\"ref\":\"main\"}\r\n0\r\n\r\n")]
    [InlineData("zz\r\n{\"ref\":\"main\"}\r\n0\r\n\r\n")]
    public async Task Post_BadChunk_IsRefused(string chunks)
    {
        var answer = await _host.RawAsync(Check.Bytes(ReceivingHost.Head(Body) + "Transfer-Encoding: chunked\r\n\r\n" + chunks));
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Empty(_host.Engine.Stored);
    }

    [Fact]
    public async Task Post_GoodChunks_AreStoredWhole()
    {
        var answer = await _host.RawAsync(Check.Bytes(ReceivingHost.Head(Body) + "Transfer-Encoding: chunked\r\n\r\n4\r\n{\"re\r\na\r\nf\":\"main\"}\r\n0\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Equal(Body, Assert.Single(_host.Engine.Stored).Body.ToArray());
    }

    [Theory]
    [InlineData("Content-Length: 14\r\nContent-Length: 15\r\n")]
    [InlineData("Content-Length: -1\r\n")]
    [InlineData("Content-Length: 99999999999999999999\r\n")]
    public async Task Post_BadLength_IsRefused(string header)
    {
        var answer = await _host.RawAsync(Check.Bytes(ReceivingHost.Head(Body) + header + "\r\n"), Body);
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Empty(_host.Engine.Stored);
    }

    [Fact]
    public async Task Post_LengthAndChunked_NeverBecomesTwoRequests()
    {
        var smuggled = ReceivingHost.Head(Body, "smuggled") + $"Content-Length: {Body.Length}\r\n\r\n";
        var answer = await _host.RawToTheEndAsync(Check.Bytes($"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"), Body);
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Single(answer.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries));
        Assert.Empty(_host.Engine.Stored);
    }

    [Fact]
    public async Task Post_BodyThatStops_IsCutOffAndNotStored()
    {
        var answer = await _host.RawToTheEndAsync(Check.Bytes(ReceivingHost.Head(Body) + "Content-Length: 100000\r\n\r\n"), Body);
        ReceivingHost.AssertLastProblem(answer, 408, "The body came too slowly.");
        Assert.Contains("carrick.inbound.received{source=github,result=too_slow}=1", _host.Measurements);
        Assert.Empty(_host.Engine.Stored);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Expect: 100-continue\r\n")]
    public async Task Post_SmallBodyDeclaredAndNeverSent_IsCutOff(string header)
    {
        var answer = await _host.RawToTheEndAsync(Check.Bytes(ReceivingHost.Head(Body) + $"{header}Content-Length: {Body.Length}\r\n\r\n"));
        ReceivingHost.AssertLastProblem(answer[answer.IndexOf("HTTP/1.1 408", StringComparison.Ordinal)..], 408, "The body came too slowly.");
        Assert.Contains("carrick.inbound.received{source=github,result=too_slow}=1", _host.Measurements);
        Assert.Empty(_host.Engine.Stored);
    }

    [Fact]
    public async Task Post_BodyThatPausesAfterABurst_IsCutOffAfterTheGrace()
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, _host.Address.Port);
        await socket.GetStream().WriteAsync(Check.Bytes(ReceivingHost.Head(Body) + "Content-Length: 900000\r\n\r\n"));
        await socket.GetStream().WriteAsync(new byte[800_000]);
        await Wait.Until(() => _host.Receiver.BytesInFlight >= 800_000);
        var answer = ReceivingHost.ReadToTheEndAsync(socket.GetStream());
        await Wait.Until(() =>
        {
            _host.Time.Advance(TimeSpan.FromSeconds(1.6));
            return answer.IsCompleted;
        });
        ReceivingHost.AssertLastProblem((await answer).Replace("<reset>", "", StringComparison.Ordinal), 408, "The body came too slowly.");
        Assert.Equal(0, _host.Receiver.BytesInFlight);
    }

    [Fact]
    public async Task Post_CallerHangsUpInTheBody_LeavesNothingAndLogsNoError()
    {
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(IPAddress.Loopback, _host.Address.Port);
            await socket.GetStream().WriteAsync(Check.Bytes(ReceivingHost.Head(Body) + "Content-Length: 70000\r\n\r\n{"));
            await Wait.Until(() => _host.Log.Lines.Any(line => line.Text.StartsWith("Request starting", StringComparison.Ordinal)));
            socket.LingerState = new LingerOption(true, 0);
        }

        await Wait.Until(() => _host.Log.Lines.Any(line => line.Text.StartsWith("Request finished", StringComparison.Ordinal)));
        Assert.Equal(["carrick.inbound.received{source=github,result=aborted}=1"], _host.Measurements);
        Assert.Contains(" 499 ", _host.Log.Lines.Single(line => line.Text.StartsWith("Request finished", StringComparison.Ordinal)).Text, StringComparison.Ordinal);
        Assert.Empty(_host.Engine.Stored);
        Assert.DoesNotContain(_host.Log.Lines, line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Warning);
    }

    [Fact]
    public async Task Post_HeadersOf33KilobytesOr101_AreRefused()
    {
        Assert.StartsWith("HTTP/1.1 431", await _host.RawAsync(Check.Bytes($"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nX-Big: {new string('a', 33 * 1024)}\r\n\r\n")), StringComparison.Ordinal);
        var many = string.Concat(Enumerable.Range(0, 101).Select(i => $"X-{i}: a\r\n"));
        Assert.StartsWith("HTTP/1.1 431", await _host.RawAsync(Check.Bytes($"POST /webhooks/github HTTP/1.1\r\nHost: x\r\n{many}\r\n")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Limit, HttpStatusCode.OK, false)]
    [InlineData(Limit, HttpStatusCode.OK, true)]
    [InlineData(Limit + 1, HttpStatusCode.RequestEntityTooLarge, false)]
    [InlineData(Limit + 1, HttpStatusCode.RequestEntityTooLarge, true)]
    public async Task Post_BodyAtTheLimit_IsWholeOrRefused(int size, HttpStatusCode status, bool chunked)
    {
        var body = new byte[size];
        body.AsSpan().Fill((byte)'a');
        var request = ReceivingHost.Signed(WebhookScheme.GitHub, body, "big", "push");
        request.Headers.TransferEncodingChunked = chunked;
        using var answer = await _host.Client.SendAsync(request);
        Assert.Equal(status, answer.StatusCode);
        if (status != HttpStatusCode.OK)
        {
            await ReceivingHost.AssertProblemAsync(answer, status, "The body is too large.");
            Assert.True(answer.Headers.ConnectionClose);
        }

        Assert.Equal(status == HttpStatusCode.OK ? size : 0, _host.Engine.Stored.Sum(item => item.Body.Length));
    }

    [Fact]
    public async Task Post_TwoGigabytesDeclared_IsRefusedAtOnceWithoutMemory()
    {
        var before = GC.GetTotalAllocatedBytes();
        var answer = await _host.RawToTheEndAsync(Check.Bytes(ReceivingHost.Head(Body) + "Content-Length: 2147483648\r\nExpect: 100-continue\r\n\r\n"));
        ReceivingHost.AssertLastProblem(answer, 413, "The body is too large.");
        Assert.True(GC.GetTotalAllocatedBytes() - before < 50_000_000);
        Assert.Contains("carrick.inbound.received{source=github,result=too_large}=1", _host.Measurements);
    }

    [Fact]
    public async Task Post_JsonTypeWithMultipartKeysAndMethodOverride_IsJustBytes()
    {
        var body = Check.Bytes("""{"files":{"a":{"filepath":"/etc/passwd"}},"__proto__":{"x":1},"$type":"System.IO.FileInfo"}""");
        var request = ReceivingHost.Signed(WebhookScheme.GitHub, body, "n1", "push");
        request.Headers.Add("X-HTTP-Method-Override", "DELETE");
        using var answer = await _host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(body, Assert.Single(_host.Engine.Stored).Body.ToArray());
    }

    [Theory]
    [InlineData("/webhooks/..%2fgithub", 404)]
    [InlineData("/webhooks/%2e%2e/github", 404)]
    [InlineData("/webhooks/github%252f", 404)]
    [InlineData("/webhooks/github%00", 400)]
    [InlineData("/webhooks/%E2%88%95github", 404)]
    [InlineData("/webhooks/GITHUB", 404)]
    [InlineData("/webhooks/github/x", 404)]
    public async Task Post_TrickyPath_IsNotFound(string path, int status)
    {
        var answer = await _host.RawAsync(Check.Bytes($"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"));
        Assert.StartsWith($"HTTP/1.1 {status}", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_ForgedHost_DoesNotChangeTheSignedUrl()
    {
        var request = ReceivingHost.Signed(WebhookScheme.HubSpot, Check.Bytes("[]"));
        request.Headers.Host = "evil.example.com";
        request.Headers.Add("X-Forwarded-Host", "evil.example.com");
        request.Headers.Add("X-Forwarded-Proto", "http");
        using var answer = await _host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);

        var body = Check.Bytes("[]");
        var forged = WebhookSigner.Sign(WebhookScheme.HubSpot, ReceivingHost.Secret,
            new WebhookMessage { Body = body, Time = Check.Now, Url = new Uri("http://evil.example.com/webhooks/hubspot") });
        var other = new HttpRequestMessage(HttpMethod.Post, "/webhooks/hubspot") { Content = new ByteArrayContent(body) };
        other.Headers.Host = "evil.example.com";
        foreach (var (name, value) in forged.Headers.Where(header => header.Key != "content-type"))
        {
            other.Headers.TryAddWithoutValidation(name, value);
        }

        using var refused = await _host.Client.SendAsync(other);
        await EndpointTests.AssertRefused(refused);
    }

    [Theory]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true)]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false)]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01", false)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false)]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false)]
    [InlineData("'; DROP TABLE events; --", false)]
    public async Task Post_TraceParent_IsKeptOnlyIfValid(string traceParent, bool kept)
    {
        var request = ReceivingHost.Signed(WebhookScheme.GitHub, Body, "t1", "push");
        request.Headers.TryAddWithoutValidation("traceparent", traceParent);
        request.Headers.TryAddWithoutValidation("tracestate", new string('x', 9_000));
        request.Headers.TryAddWithoutValidation("baggage", new string('y', 9_000));
        using var answer = await _host.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stored = Assert.Single(_host.Engine.Stored);
        Assert.Equal(kept ? traceParent : null, stored.TraceParent);
        Assert.DoesNotContain(stored.Headers, header => header.Key is "tracestate" or "baggage" || header.Value.Length > 1_024);
    }
}
