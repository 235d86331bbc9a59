using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Carrick.Tests.Receiving;
using Carrick.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Transport;

/// <summary>A real Kestrel at 127.0.0.1 with connections that say nothing, or say it slowly.</summary>
public sealed class SilentConnectionTests : IAsyncDisposable
{
    private readonly List<Socket> _sockets = [];
    private readonly FakeTimeProvider _time = new();
    private readonly LogRecorder _log = new();
    private WebApplication? _app;

    public async ValueTask DisposeAsync()
    {
        _sockets.ForEach(socket => socket.Dispose());
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    [Fact]
    public async Task Connections_TenThousandSilentOnes_KeepNobodyOut()
    {
        // As many as the process may have files for: each connection takes two, since both of its ends are here.
        var count = Math.Min(10_000, (FilesAllowed() - 1_500) / 2);
        await StartAsync(options => options.MaxConnections = Math.Min(2_000, count / 2));
        for (var i = 0; i < count; i++)
        {
            await ConnectAsync($"127.0.{i % 3}.1");
        }

        Assert.InRange(Table.Count, 1, 2_000);
        foreach (var from in new[] { "127.0.0.1", "127.0.0.9" })
        {
            Assert.StartsWith("HTTP/1.1 200", await GetAsync(from), StringComparison.Ordinal);
        }

        _time.Advance(TimeSpan.FromSeconds(11));
        // The two that were served stay.
        await Wait.Until(() => Table.Count == 2);
        Assert.DoesNotContain(_log.Lines, line => line.Level >= LogLevel.Error);
        // The server itself warns when the machine is slow.
        Assert.Single(_log.Lines, line => line.Level == LogLevel.Warning && line.Category.StartsWith("Carrick", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nX-A:")]
    public async Task Connection_WithoutACompleteHead_IsClosedWithinTheTime(string sent)
    {
        await StartAsync();
        var socket = await ConnectAsync();
        await socket.SendAsync(Encoding.ASCII.GetBytes(sent));
        await Wait.Until(() => Table.Count == 1);
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal("", await ReadToTheEndAsync(socket));
        await Wait.Until(() => Table.Count == 0);
    }

    [Fact]
    public async Task Connection_WithoutATlsHandshake_IsClosedWithinTheTime()
    {
        await StartAsync(tls: true);
        var socket = await ConnectAsync();
        await Wait.Until(() => Table.Count == 1);
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal("", await ReadToTheEndAsync(socket));
    }

    [Fact]
    public async Task Connection_OfHttp2WithoutAStream_IsClosedWithinTheTime()
    {
        await StartAsync(tls: true);
        var socket = await ConnectAsync();
        await using var tls = new SslStream(new NetworkStream(socket));
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "127.0.0.1",
                ApplicationProtocols = [SslApplicationProtocol.Http2],
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=127.0.0.1",
            },
            TestContext.Current.CancellationToken);
        await tls.WriteAsync(Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"), TestContext.Current.CancellationToken);
        Assert.True(await tls.ReadAsync(new byte[9], TestContext.Current.CancellationToken) > 0);
        _time.Advance(TimeSpan.FromSeconds(11));
        await Wait.Until(() => Table.Count == 0);
    }

    [Fact]
    public async Task Connection_ThatHasServedARequest_StaysForTheNextOne()
    {
        await StartAsync();
        var socket = await ConnectAsync();
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(socket), StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(socket), StringComparison.Ordinal);
        Assert.Equal(1, Table.Count);
    }

    [Fact]
    public async Task Connections_IdleAfterARequest_MakeRoomForNewOnes()
    {
        await StartAsync(options => options.MaxConnections = 50);
        for (var i = 0; i < 200; i++)
        {
            Assert.StartsWith("HTTP/1.1 200", await AskAsync(await ConnectAsync()), StringComparison.Ordinal);
        }

        Assert.InRange(Table.Count, 1, 50);
    }

    private ConnectionTable Table => _app!.Services.GetRequiredService<ConnectionTable>();

    private async Task StartAsync(Action<TransportOptions>? configure = null, bool tls = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(tls ? "https://127.0.0.1:0" : "http://127.0.0.1:0").UseCarrickTransportLimits(configure);
        if (tls)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = TestCertificate.Create()));
        }

        builder.Logging.ClearProviders().AddProvider(_log);
        builder.Services.AddSingleton<TimeProvider>(_time);
        _app = builder.Build();
        _app.MapGet("/", () => Results.Ok());
        await _app.StartAsync(TestContext.Current.CancellationToken);
    }

    private async Task<Socket> ConnectAsync(string from = "127.0.0.1")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _sockets.Add(socket);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, new Uri(_app!.Urls.Single()).Port), TestContext.Current.CancellationToken);
        return socket;
    }

    private async Task<string> GetAsync(string from) => await AskAsync(await ConnectAsync(from));

    private static async Task<string> AskAsync(Socket socket)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
        return await ReceivingHost.ReadAnswerAsync(new NetworkStream(socket));
    }

    private static async Task<string> ReadToTheEndAsync(Socket socket) =>
        (await ReceivingHost.ReadToTheEndAsync(new NetworkStream(socket))).Replace("<reset>", "", StringComparison.Ordinal);

    private static int FilesAllowed() => OperatingSystem.IsLinux()
        ? int.Parse(
            File.ReadLines("/proc/self/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[3].Replace("unlimited", "1048576", StringComparison.Ordinal),
            CultureInfo.InvariantCulture)
        : 8_000;
}
