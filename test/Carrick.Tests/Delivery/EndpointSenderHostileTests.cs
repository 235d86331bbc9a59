using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Carrick.Delivery;
using Carrick.Retry;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carrick.Tests.Delivery;

public sealed class EndpointSenderHostileTests : IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);
    private readonly SenderFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task SendAsync_NoAnswer_TimesOutAsAFailure()
    {
        await using var server = Hanging("");
        var result = await _fixture.SendAsync(server.Url("/hooks?token=t0ps3cret"), Short);
        Assert.Equal((FailureCategory.Transient, null, DeliveryErrorType.Timeout), (result.Category, result.StatusCode, result.ErrorType));
        Assert.Equal($"POST {ErrorText.Target(server.Url())}: timed out, no response within 0.3 s.", result.Error);
    }

    [Fact]
    public async Task SendAsync_HangsInsideTheHeaders_TimesOut()
    {
        await using var server = Hanging("HTTP/1.1 200 OK\r\nContent-");
        Assert.Equal(DeliveryErrorType.Timeout, (await _fixture.SendAsync(server.Url(), Short)).ErrorType);
    }

    [Fact]
    public async Task SendAsync_Stopping_IsCancelled()
    {
        using var stopping = new CancellationTokenSource();
        await using var server = new RawServer(async (_, _, cancellationToken) =>
        {
            await stopping.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return false;
        });
        var result = await _fixture.SendUntilAsync(server.Url(), stopping.Token);
        Assert.Equal((FailureCategory.Cancelled, DeliveryErrorType.Cancelled), (result.Category, result.ErrorType));
    }

    [Fact]
    public async Task SendAsync_StoppingBeforeTheStart_SendsNothing()
    {
        await using var server = Hanging("");
        Assert.Equal(FailureCategory.Cancelled, (await _fixture.SendUntilAsync(server.Url(), new CancellationToken(true))).Category);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task SendAsync_HangsInTheBodyOfASuccess_IsASuccessAtOnce()
    {
        await using var server = Hanging("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
        Assert.Equal(FailureCategory.None, (await _fixture.SendAsync(server.Url())).Category);
    }

    [Fact]
    public async Task SendAsync_HangsInTheBodyOfAFailure_KeepsTheStatusAndWhatCame()
    {
        await using var server = Hanging("HTTP/1.1 429 x\r\nRetry-After: 60\r\nContent-Length: 100\r\n\r\nslow down");
        var result = await _fixture.SendAsync(server.Url(), TimeSpan.FromSeconds(1));
        Assert.Equal((FailureCategory.Throttled, 429), (result.Category, result.StatusCode));
        Assert.NotNull(result.RetryAfter);
        Assert.EndsWith("HTTP 429. slow down", result.Error);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(500)]
    public async Task SendAsync_EndlessChunkedBody_EndsAndClosesTheConnection(int status)
    {
        var closed = new TaskCompletionSource();
        await using var server = new RawServer(async (_, stream, cancellationToken) =>
        {
            try
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} x\r\nTransfer-Encoding: chunked\r\n\r\n"), cancellationToken);
                while (true)
                {
                    await stream.WriteAsync(Encoding.ASCII.GetBytes("400\r\n" + new string('x', 1024) + "\r\n"), cancellationToken);
                }
            }
            catch (IOException)
            {
                closed.TrySetResult();
                return false;
            }
        });
        var result = await _fixture.SendAsync(server.Url());
        Assert.Equal(status, result.StatusCode);
        Assert.True((result.Error?.Length ?? 0) < 5_000);
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(500)]
    public async Task SendAsync_TenGigabytesDeclared_AreNotRead(int status)
    {
        await using var server = Hanging($"HTTP/1.1 {status} x\r\nContent-Length: 10737418240\r\n\r\n{new string('x', 8_192)}");
        var result = await _fixture.SendAsync(server.Url());
        Assert.Equal(status, result.StatusCode);
        Assert.True((result.Error?.Length ?? 0) < 5_000);
    }

    [Fact]
    public async Task SendAsync_ConnectionRefused_IsTransient()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        var result = await _fixture.SendAsync(new Uri($"http://127.0.0.1:{port}/hooks?token=t0ps3cret"));
        Assert.Equal((FailureCategory.Transient, DeliveryErrorType.Connection), (result.Category, result.ErrorType));
        Assert.Equal($"POST http://127.0.0.1:{port}/[redacted]: the connection failed (ConnectionRefused).", result.Error);
    }

    /// <summary>The errors are those of the resolver, given by the test: a real query would leave the machine.</summary>
    [Theory]
    [InlineData(SocketError.HostNotFound)]
    [InlineData(SocketError.TryAgain)]
    [InlineData(SocketError.NoRecovery)]
    [InlineData(SocketError.NoData)]
    public async Task SendAsync_UnknownHost_IsTransientNameResolution(SocketError error)
    {
        using var handler = EndpointHttpClient.CreateHandler(new DeliveryOptions());
        handler.ConnectCallback = (_, _) => throw new SocketException((int)error);
        using var http = new HttpMessageInvoker(handler);
        var sender = new EndpointSender(http, TimeProvider.System, NullLogger<EndpointSender>.Instance);
        var url = new Uri("http://hooks.invalid/hooks?token=t0ps3cret");
        var result = await sender.SendAsync(SenderFixture.Endpoint(url), SenderFixture.Event(), 1, TestContext.Current.CancellationToken);
        Assert.Equal((FailureCategory.Transient, null, DeliveryErrorType.NameResolution), (result.Category, result.StatusCode, result.ErrorType));
        Assert.Equal($"POST http://hooks.invalid/[redacted]: the host name was not resolved ({error}).", result.Error);
    }

    [Fact]
    public async Task SendAsync_ConnectionReset_IsTransientAndPostedOnce()
    {
        await using var server = new RawServer((_, stream, _) =>
        {
            stream.Socket.LingerState = new LingerOption(true, 0);
            return Task.FromResult(false);
        });
        var result = await _fixture.SendAsync(server.Url());
        Assert.Equal((FailureCategory.Transient, DeliveryErrorType.Connection), (result.Category, result.ErrorType));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task SendAsync_ClosedWithoutAnswerOnAKeptConnection_IsNotPostedASecondTime()
    {
        var count = 0;
        await using var server = new RawServer(async (_, stream, cancellationToken) =>
        {
            if (Interlocked.Increment(ref count) > 1)
            {
                return false;
            }

            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), cancellationToken);
            return true;
        });
        Assert.Equal(FailureCategory.None, (await _fixture.SendAsync(server.Url())).Category);
        Assert.Equal(DeliveryErrorType.Connection, (await _fixture.SendAsync(server.Url())).ErrorType);
        Assert.Equal((2, 1), (server.Requests.Count, server.ConnectionCount));
    }

    [Theory]
    [InlineData("\0\u0001\u0002 t0ps3cret garbage\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.6\r\n\r\n")]
    [InlineData("HTTP/1.1 abc t0ps3cret\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nt0ps3cret without colon\r\n\r\n")]
    [InlineData("HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\nt0ps3cret\r\n")]
    [InlineData("HTTP/1.1 500 x\r\nContent-Length: -5\r\n\r\n")]
    public async Task SendAsync_MalformedResponse_IsTransientAndIsNotQuoted(string response)
    {
        await using var server = new RawServer(async (_, stream, cancellationToken) =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(response), cancellationToken);
            return false;
        });
        var result = await _fixture.SendAsync(server.Url(), TimeSpan.FromSeconds(5));
        Assert.Equal(FailureCategory.Transient, result.Category);
        Assert.DoesNotContain("t0ps3cret", result.Error);
    }

    [Fact]
    public async Task SendAsync_HugeHeaders_AreRefused()
    {
        await using var server = new RawServer($"HTTP/1.1 200 OK\r\nX-Huge: {new string('x', 200_000)}\r\nContent-Length: 0\r\n\r\n");
        var result = await _fixture.SendAsync(server.Url());
        Assert.Equal((FailureCategory.Transient, DeliveryErrorType.MalformedResponse), (result.Category, result.ErrorType));
    }

    [Fact]
    public async Task SendAsync_FloodOf1xx_IsRefused()
    {
        await using var server = new RawServer(async (_, stream, cancellationToken) =>
        {
            while (true)
            {
                await stream.WriteAsync("HTTP/1.1 103 Early Hints\r\n\r\n"u8.ToArray(), cancellationToken);
            }
        });
        Assert.Equal(DeliveryErrorType.MalformedResponse, (await _fixture.SendAsync(server.Url())).ErrorType);
    }

    [Fact]
    public async Task SendAsync_GzipBomb_IsNotUnpacked()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            await gzip.WriteAsync(new byte[10_000_000], TestContext.Current.CancellationToken);
        }

        var bomb = Encoding.Latin1.GetString(packed.ToArray());
        await using var server = new RawServer($"HTTP/1.1 500 x\r\nContent-Encoding: gzip\r\nContent-Length: {bomb.Length}\r\n\r\n{bomb}");
        var result = await _fixture.SendAsync(server.Url());
        Assert.Equal((FailureCategory.Transient, $"POST {ErrorText.Target(server.Url())}: HTTP 500."), (result.Category, result.Error));
    }

    [Fact]
    public async Task SendAsync_TlsToAPlainServer_IsTransient()
    {
        using var plain = new TcpListener(IPAddress.Loopback, 0);
        plain.Start();
        var url = new Uri($"https://127.0.0.1:{((IPEndPoint)plain.LocalEndpoint).Port}/hooks");
        var answering = Task.Run(async () =>
        {
            using var client = await plain.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        }, TestContext.Current.CancellationToken);
        var result = await _fixture.SendAsync(url);
        await answering;
        Assert.Equal((FailureCategory.Transient, DeliveryErrorType.Tls), (result.Category, result.ErrorType));
    }

    private static RawServer Hanging(string response) => new(async (_, stream, cancellationToken) =>
    {
        await stream.WriteAsync(Encoding.Latin1.GetBytes(response), cancellationToken);
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return false;
    });
}
