using System.Net;
using System.Net.Sockets;
using Carrick.Signatures;
using Carrick.Tests.Receiving;
using Carrick.Tests.Signatures;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Carrick.Tests.Cli;

/// <summary>Clients that are slow, silent or many, against the server with its own limits.</summary>
public sealed class ServerLimitTests : IDisposable
{
    private const int FewConnections = 20;
    private static readonly byte[] Body = Check.Bytes("""{"ref":"main"}""");
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("carrick-limits");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Server_Limits_AreThese()
    {
        await using var server = await StartAsync();
        var options = server.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value;
        var limits = options.Limits;
        Assert.Equal((TimeSpan.FromSeconds(5), 1_024d, TimeSpan.FromSeconds(5)), (limits.RequestHeadersTimeout, limits.MinRequestBodyDataRate!.BytesPerSecond, limits.MinRequestBodyDataRate.GracePeriod));
        Assert.Equal((10_000L, 1_000L, 25L * 1024 * 1024), (limits.MaxConcurrentConnections, limits.MaxConcurrentUpgradedConnections, limits.MaxRequestBodySize));
        Assert.Equal((32 * 1024, 100, 100), (limits.MaxRequestHeadersTotalSize, limits.MaxRequestHeaderCount, limits.Http2.MaxStreamsPerConnection));
        Assert.False(options.AddServerHeader);
    }

    [Fact]
    public async Task Server_SlowBodyAndSlowHeaders_AreCutOffAndOthersServed()
    {
        await using var server = await StartAsync();
        var uri = new Uri(server.Url);
        var slowBody = DripAsync(uri, ReceivingHost.Head(Body, "slow") + "Content-Length: 100000\r\n\r\n", Body);
        var slowHead = DripAsync(uri, "POST /webhooks/github HTTP/1.1\r\n", Check.Bytes("X-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaa"));

        ReceivingHost.AssertLastProblem(await slowBody, 408, "The body came too slowly.");
        Assert.StartsWith("HTTP/1.1 408", await slowHead, StringComparison.Ordinal);
        await AssertServesAsync(server, "after-slow");
        Assert.Equal(1, await EventsAsync(server));
    }

    [Fact]
    public async Task Server_MoreSilentConnectionsThanItsLimit_AreClosedAndOthersServed()
    {
        await using var server = await ServerHost.StartAsync(
            Path.Combine(_directory.FullName, "data"),
            WriteConfiguration(),
            new Dictionary<string, string?> { ["Carrick:Transport:MaxConnections"] = "40", ["Carrick:Transport:FirstRequestTimeout"] = "00:00:01" },
            ("GITHUB", ReceivingHost.Secret));
        var silent = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 100; i++)
            {
                var client = new TcpClient();
                silent.Add(client);
                await client.ConnectAsync(IPAddress.Loopback, new Uri(server.Url).Port, TestContext.Current.CancellationToken);
            }

            await AssertServesAsync(server, "meanwhile");
            foreach (var client in silent)
            {
                Assert.True(await ReceivingHost.ReadToTheEndAsync(client.GetStream()) is "" or "<reset>");
            }
        }
        finally
        {
            silent.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task Server_IdleConnectionsAtTheLimit_NextIsClosedUntilOneEnds()
    {
        await using var server = await StartAsync(services => services.PostConfigure<KestrelServerOptions>(options => options.Limits.MaxConcurrentConnections = FewConnections));
        var uri = new Uri(server.Url);
        var idle = new List<TcpClient>();
        try
        {
            for (var i = 0; i < FewConnections; i++)
            {
                var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, uri.Port, TestContext.Current.CancellationToken);
                idle.Add(client);
                // A connection counts once the server has answered on it.
                await client.GetStream().WriteAsync(Check.Bytes("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"), TestContext.Current.CancellationToken);
                Assert.StartsWith("HTTP/1.1 200", await ReceivingHost.ReadAnswerAsync(client.GetStream()), StringComparison.Ordinal);
            }

            using (var more = new TcpClient())
            {
                await more.ConnectAsync(IPAddress.Loopback, uri.Port, TestContext.Current.CancellationToken);
                Assert.True(await ReceivingHost.ReadToTheEndAsync(more.GetStream()) is "" or "<reset>");
            }

            idle[0].Dispose();
            await Wait.Until(() => ServesAsync(server, "after-idle").GetAwaiter().GetResult());
        }
        finally
        {
            idle.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task Server_Http2FloodOnItsPlainPort_IsClosedAndOthersServed()
    {
        await using var server = await StartAsync();
        byte[] preface = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];

        // HEADERS and RST_STREAM of one stream after another; then HEADERS without END_HEADERS and CONTINUATION without end.
        var resets = Enumerable.Range(0, 1_000).SelectMany(i => (byte[])[.. Frame(1, 4, (i * 2) + 1, [0x82]), .. Frame(3, 0, (i * 2) + 1, [0, 0, 0, 8])]);
        var continuations = Enumerable.Range(0, 1_000).SelectMany(_ => Frame(9, 0, 1, new byte[16]));
        Assert.DoesNotContain("HTTP/1.1 2", await FloodAsync(server, [.. preface, .. resets]), StringComparison.Ordinal);
        Assert.DoesNotContain("HTTP/1.1 2", await FloodAsync(server, [.. preface, .. Frame(1, 0, 1, [0x82]), .. continuations]), StringComparison.Ordinal);

        await AssertServesAsync(server, "after-flood");
        Assert.Equal(1, await EventsAsync(server));
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload) =>
        [0, 0, (byte)payload.Length, type, flags, 0, 0, (byte)(stream >> 8), (byte)stream, .. payload];

    private static async Task<string> FloodAsync(ServerHost server, byte[] bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, new Uri(server.Url).Port);
        try
        {
            await client.GetStream().WriteAsync(bytes);
        }
        catch (IOException)
        {
            return "<reset>";
        }

        return await ReceivingHost.ReadToTheEndAsync(client.GetStream());
    }

    /// <summary>Sends a head at once and then a byte a second until the server ends the connection.</summary>
    private static async Task<string> DripAsync(Uri uri, string head, byte[] bytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, uri.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Check.Bytes(head));
        var answer = ReceivingHost.ReadToTheEndAsync(stream);
        for (var i = 0; i < bytes.Length && !answer.IsCompleted; i++)
        {
            try
            {
                await stream.WriteAsync(bytes.AsMemory(i, 1));
            }
            catch (IOException)
            {
                break;
            }

            await Task.WhenAny(answer, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
        }

        return await answer;
    }

    private static async Task AssertServesAsync(ServerHost server, string id) => Assert.True(await ServesAsync(server, id));

    private static async Task<bool> ServesAsync(ServerHost server, string id)
    {
        using var client = new HttpClient { BaseAddress = new Uri(server.Url) };
        try
        {
            using var answer = await client.SendAsync(ReceivingHost.Signed(WebhookScheme.GitHub, Body, id, "push"));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<int> EventsAsync(ServerHost server) =>
        (await server.Services.GetRequiredService<Storage.IStore>().Queries.ListEventsAsync(new Storage.EventFilter(), null, 10, CancellationToken.None)).Count;

    private Task<ServerHost> StartAsync(Action<IServiceCollection>? more = null) =>
        ServerHost.StartAsync(Path.Combine(_directory.FullName, "data"), WriteConfiguration(), [("GITHUB", ReceivingHost.Secret)], more ?? (_ => { }));

    private string WriteConfiguration()
    {
        var file = Path.Combine(_directory.FullName, "carrick.yaml");
        File.WriteAllText(file, "integrations:\n  github:\n    receive: { scheme: github, secrets: \"${GITHUB}\" }\n");
        return file;
    }
}
