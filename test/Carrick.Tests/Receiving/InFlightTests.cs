using System.Net;
using System.Net.Sockets;
using Carrick.Receiving;
using Carrick.Signatures;
using Xunit;
using Check = Carrick.Tests.Signatures.Check;

namespace Carrick.Tests.Receiving;

/// <summary>Bodies that have not come whole hold up nobody else, whatever they declare.</summary>
public sealed class InFlightTests
{
    private const int Budget = 1024 * 1024;
    private static readonly byte[] Small = Check.Bytes("""{"ref":"main"}""");

    [Fact]
    public async Task Post_LengthsDeclaredAndNothingSent_TakeNoMemory()
    {
        await using var host = await ReceivingHost.StartAsync(options => options.MaxBytesInFlight = Budget);
        using var slow = await SlowSenders.StartAsync(host.Address.Port, 17, 65_536, 0);
        await Wait.Until(() => host.Log.Lines.Count(line => line.Text.StartsWith("Request starting", StringComparison.Ordinal)) == 17);
        Assert.Equal(0, host.Receiver.BytesInFlight);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(host.Client, WebhookScheme.GitHub, Small));
    }

    [Fact]
    public async Task Post_HugeLengthsDeclaredAndAFewBytesSent_TakeLittleMoreThanCame()
    {
        await using var host = await ReceivingHost.StartAsync(options => options.MaxBytesInFlight = Budget);
        using var slow = await SlowSenders.StartAsync(host.Address.Port, 50, Budget, 100);
        await Wait.Until(() => host.Receiver.BytesInFlight > 0 && host.Receiver.BodiesComing == 50);
        Assert.InRange(host.Receiver.BytesInFlight, 50 * 100, 50 * 1024);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(host.Client, WebhookScheme.GitHub, Small));
    }

    [Fact]
    public async Task Post_BodiesThatHaveNearlyComeFromOneAddress_LeaveRoomForEveryOneElse()
    {
        await using var host = await ReceivingHost.StartAsync(options => options.MaxBytesInFlight = Budget);
        using var slow = await SlowSenders.StartAsync(host.Address.Port, 17, 65_536, 65_000);
        await Wait.Until(() => host.Measurements.Contains("carrick.inbound.received{source=github,result=full}=1"));

        // What comes at once, even at the same integration from the same address, and what comes in pieces from another address or to another integration.
        var pieces = new byte[100_000];
        using var other = host.NewClient("127.0.0.2");
        // Those that were refused give back what they had a moment after they are counted.
        await Wait.Until(() => SendAsync(host.Client, WebhookScheme.GitHub, Small).GetAwaiter().GetResult() == HttpStatusCode.OK);
        await Wait.Until(() => SendAsync(other, WebhookScheme.GitHub, pieces).GetAwaiter().GetResult() == HttpStatusCode.OK);
        await Wait.Until(() => SendAsync(other, WebhookScheme.Shopify, pieces).GetAwaiter().GetResult() == HttpStatusCode.OK);
        Assert.InRange(host.Receiver.BytesInFlight, 1, Budget * 3 / 4);
    }

    [Fact]
    public async Task Post_FromManyAddressesToOneIntegration_LeaveRoomForTheOthers()
    {
        await using var host = await ReceivingHost.StartAsync(options => options.MaxBytesInFlight = Budget);
        List<SlowSenders> senders = [];
        for (var i = 0; i < 20; i++)
        {
            senders.Add(await SlowSenders.StartAsync(host.Address.Port, 3, 65_536, 65_000, $"127.0.1.{i + 1}"));
        }

        await Wait.Until(() => host.Measurements.Contains("carrick.inbound.received{source=github,result=full}=1"));
        using var other = host.NewClient("127.0.0.2");
        Assert.Equal(HttpStatusCode.OK, await SendAsync(other, WebhookScheme.Shopify, new byte[60_000]));
        senders.ForEach(sender => sender.Dispose());
        await Wait.Until(() => host.Receiver is { BytesInFlight: 0, BodiesComing: 0 });
    }

    [Fact]
    public async Task Post_MemoryTakenByTheSameSource_Answers503UntilItIsFree()
    {
        await using var host = await ReceivingHost.StartAsync(options => options.MaxBytesInFlight = Budget);
        var body = new byte[700_000];
        using (await SlowSenders.StartAsync(host.Address.Port, 1, 700_000, 690_000))
        {
            await Wait.Until(() => host.Receiver.BytesInFlight >= 690_000);
            using var refused = await host.Client.SendAsync(ReceivingHost.Signed(WebhookScheme.GitHub, body, "next", "push"));
            await ReceivingHost.AssertProblemAsync(refused, HttpStatusCode.ServiceUnavailable, "No events are taken now. Try again later.");
            Assert.Equal(TimeSpan.FromSeconds(5), refused.Headers.RetryAfter!.Delta);
        }

        await Wait.Until(() => SendAsync(host.Client, WebhookScheme.GitHub, body).GetAwaiter().GetResult() == HttpStatusCode.OK);
        await Wait.Until(() => host.Receiver.BytesInFlight == 0);
    }

    private static async Task<HttpStatusCode> SendAsync(HttpClient client, WebhookScheme scheme, byte[] body)
    {
        using var answer = await client.SendAsync(ReceivingHost.Signed(scheme, body, Guid.CreateVersion7().ToString(), "push"));
        return answer.StatusCode;
    }
}

/// <summary>Connections that declare a body and send a part of it.</summary>
internal sealed class SlowSenders : IDisposable
{
    private readonly List<Socket> _sockets = [];

    public static async Task<SlowSenders> StartAsync(int port, int count, int declared, int sent, string from = "127.0.0.1", string path = "/webhooks/github")
    {
        var senders = new SlowSenders();
        for (var i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            senders._sockets.Add(socket);
            socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
            await socket.ConnectAsync(IPAddress.Loopback, port);
            await socket.SendAsync(Check.Bytes($"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {declared}\r\n\r\n"));
            if (sent > 0)
            {
                await socket.SendAsync(new byte[sent]);
            }
        }

        return senders;
    }

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());
}
