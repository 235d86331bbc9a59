using System.Net;
using System.Net.Sockets;
using Carrick.Receiving;
using Carrick.Signatures;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Xunit;
using Check = Carrick.Tests.Signatures.Check;

namespace Carrick.Tests.Receiving;

public sealed class InFlightTests
{
    [Fact]
    public void TryReserve_OverTheLimit_ReservesNothing()
    {
        var inFlight = new InFlightBytes(100);
        Assert.True(inFlight.TryReserve(100));
        Assert.False(inFlight.TryReserve(1));
        Assert.Equal(100, inFlight.Reserved);
        inFlight.Release(60);
        Assert.True(inFlight.TryReserve(60));
    }

    [Fact]
    public async Task Post_MemoryTaken_Answers503UntilItIsFree()
    {
        await using var host = await ReceivingHost.StartAsync(options => options.MaxBytesInFlight = 1024 * 1024);
        var body = new byte[700_000];
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port);
            await socket.GetStream().WriteAsync(Check.Bytes(ReceivingHost.Head(body, "slow") + "Content-Length: 700000\r\n\r\n"));
            await socket.GetStream().WriteAsync(body.AsMemory(0, 690_000));
            // Until all of it is taken, another body could take the rest and have this one refused.
            await Wait.Until(() => host.Receiver.BytesInFlight == 1024 * 1024);
            using var refused = await host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.GitHub, body, "next", "push"));
            await ReceivingHost.AssertProblemAsync(refused, HttpStatusCode.ServiceUnavailable, "No events are taken now. Try again later.");
            Assert.Equal(TimeSpan.FromSeconds(5), refused.Headers.RetryAfter!.Delta);
        }

        await Wait.Until(() => SendAsync(host, body).GetAwaiter().GetResult() == HttpStatusCode.OK);
        Assert.Contains("carrick.inbound.received{source=github,result=full}=1", host.Measurements);
    }

    [Fact]
    public void ReadAsync_AnyBodyInAnyPieces_IsExactAndReleasesWhatItReserved() => Gen.Select(Gen.Int[0, 300_000], Gen.Int[1, 50_000], Gen.Bool).Sample((size, piece, declared) =>
    {
        var body = new byte[size];
        for (var i = 0; i < size; i++)
        {
            body[i] = (byte)(i * 31);
        }

        var context = new DefaultHttpContext();
        context.Request.Body = new DripStream(body, piece);
        context.Request.ContentLength = declared ? size : null;
        var inFlight = new InFlightBytes(long.MaxValue);
        var result = BodyReader.ReadAsync(context.Request, 250_000, inFlight).AsTask().GetAwaiter().GetResult();
        Assert.Equal(size <= 250_000 ? BodyOutcome.Complete : BodyOutcome.TooLarge, result.Outcome);
        Assert.True(size > 250_000 || result.Body.Span.SequenceEqual(body));
        inFlight.Release(result.Reserved);
        Assert.Equal(0, inFlight.Reserved);
    }, iter: 100);

    [Fact]
    public async Task ReadAsync_BodyShorterThanDeclared_IsAborted()
    {
        var context = new DefaultHttpContext();
        context.Request.Body = new DripStream(new byte[10], 3);
        context.Request.ContentLength = 11;
        var inFlight = new InFlightBytes(1000);
        Assert.Equal(BodyOutcome.Aborted, (await BodyReader.ReadAsync(context.Request, 100, inFlight)).Outcome);
        Assert.Equal(0, inFlight.Reserved);
    }

    private static async Task<HttpStatusCode> SendAsync(ReceivingHost host, byte[] body)
    {
        using var answer = await host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.GitHub, body, "next", "push"));
        return answer.StatusCode;
    }

    /// <summary>Gives a few bytes at each read.</summary>
    private sealed class DripStream(byte[] bytes, int piece) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(piece, buffer.Length)], cancellationToken);
    }
}
