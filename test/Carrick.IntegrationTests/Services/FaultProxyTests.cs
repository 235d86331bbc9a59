using System.Net;
using System.Net.Sockets;
using Carrick.TestServices.Faults;

namespace Carrick.IntegrationTests.Services;

/// <summary>Each fault of the proxy, in front of a server that sends back what it gets.</summary>
public sealed class FaultProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);
    private readonly TcpListener _echo = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _clients = [];
    private FaultProxy _proxy = null!;
    private Task _echoing = Task.CompletedTask;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _echo.Start();
        _echoing = EchoAsync();
        _proxy = new FaultProxy(((IPEndPoint)_echo.LocalEndpoint).Port);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await _proxy.DisposeAsync();
        _echo.Stop();
        await _echoing;
    }

    [Fact]
    public async Task Proxy_WithoutFaults_PassesEverythingOn()
    {
        var client = await ConnectAsync();
        var sent = new byte[200_000];
        new Random(1).NextBytes(sent);

        var sending = client.SendAsync(sent, Token);

        Assert.Equal(sent, await ReadAsync(client, sent.Length));
        Assert.Equal(sent.Length, await sending);
        client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await ReadAsync(client, 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Latency_OfEitherDirection_HoldsOpenConnectionsUp_UntilThePlanChanges(bool answers)
    {
        var client = await ConnectAsync();
        var slow = new LaneFaults { Latency = Moment, Jitter = TimeSpan.FromMilliseconds(1) };
        _proxy.Plan = answers ? new FaultPlan { ToClient = slow } : new FaultPlan { ToServer = slow };

        // A timer may be a tick early.
        Assert.True(await RoundTripAsync(client) >= Moment * 0.9);

        _proxy.Plan = FaultPlan.None;
        Assert.True(await RoundTripAsync(client) < Patience);
    }

    [Fact]
    public async Task Bandwidth_OfABody_TakesItsTime()
    {
        var client = await ConnectAsync();
        _proxy.Plan = new FaultPlan { ToServer = new LaneFaults { BytesPerSecond = 2_000 } };
        var started = TimeProvider.System.GetTimestamp();

        await client.SendAsync(new byte[1_000], Token);
        await ReadAsync(client, 1_000);

        Assert.True(TimeProvider.System.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(450));
    }

    [Fact]
    public async Task Reset_OfOpenConnections_IsAReset_AndNewOnesWork()
    {
        var client = await ConnectAsync();
        await RoundTripAsync(client);

        _proxy.Reset();

        var error = await Assert.ThrowsAsync<SocketException>(() => ReadAsync(client, 1));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        await RoundTripAsync(await ConnectAsync());
    }

    [Fact]
    public async Task HalfOpen_OldAndNewConnections_PassNothing_AlsoWhenItIsOver()
    {
        var old = await ConnectAsync();
        await RoundTripAsync(old);
        _proxy.Plan = new FaultPlan { IsHalfOpen = true };
        var young = await ConnectAsync();
        await old.SendAsync("x"u8.ToArray(), Token);
        await young.SendAsync("x"u8.ToArray(), Token);
        Task<byte[]>[] waiting = [ReadAsync(old, 1), ReadAsync(young, 1)];

        _proxy.Plan = FaultPlan.None;

        await RoundTripAsync(await ConnectAsync());
        Assert.NotSame(waiting[0], await Task.WhenAny(waiting[0], Task.Delay(Moment, TimeProvider.System, Token)));
        Assert.False(waiting[1].IsCompleted);
        _proxy.Reset();
        await Assert.ThrowsAsync<SocketException>(() => waiting[0]);
        await Assert.ThrowsAsync<SocketException>(() => waiting[1]);
    }

    [Fact]
    public async Task ResetForgotten_OfHalfOpenConnections_LeavesTheOthers()
    {
        var forgotten = await ConnectAsync();
        await RoundTripAsync(forgotten);
        _proxy.Plan = new FaultPlan { IsHalfOpen = true };
        _proxy.Plan = FaultPlan.None;
        var other = await ConnectAsync();
        await RoundTripAsync(other);

        _proxy.ResetForgotten();

        await Assert.ThrowsAsync<SocketException>(() => ReadAsync(forgotten, 1));
        await RoundTripAsync(other);
    }

    [Fact]
    public async Task Truncate_EachAnswer_EndsAfterSoManyBytes()
    {
        var client = await ConnectAsync();
        _proxy.Plan = new FaultPlan { TruncateAfter = 3 };
        await client.SendAsync("abc"u8.ToArray(), Token);
        Assert.Equal("abc"u8.ToArray(), await ReadAsync(client, 3));

        await client.SendAsync("defgh"u8.ToArray(), Token);

        Assert.Equal("def"u8.ToArray(), await ReadAsync(client, 5));
    }

    [Fact]
    public async Task Refuse_NewConnections_OpenOnesStay_AndThePortComesBack()
    {
        var client = await ConnectAsync();
        await RoundTripAsync(client);
        _proxy.Plan = new FaultPlan { RefusesConnects = true };

        var error = await Assert.ThrowsAsync<SocketException>(ConnectAsync);
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
        await RoundTripAsync(client);

        _proxy.Plan = FaultPlan.None;
        await RoundTripAsync(await ConnectAsync());
    }

    private static async Task<TimeSpan> RoundTripAsync(Socket client)
    {
        var started = TimeProvider.System.GetTimestamp();
        await client.SendAsync("ping"u8.ToArray(), Token);
        Assert.Equal("ping"u8.ToArray(), await ReadAsync(client, 4));
        return TimeProvider.System.GetElapsedTime(started);
    }

    /// <summary>So many bytes, or what came before the end.</summary>
    private static async Task<byte[]> ReadAsync(Socket client, int count)
    {
        var buffer = new byte[count];
        var have = 0;
        int read;
        while (have < count && (read = await client.ReceiveAsync(buffer.AsMemory(have), Token).AsTask().WaitAsync(Patience, Token)) > 0)
        {
            have += read;
        }

        return buffer[..have];
    }

    private async Task<Socket> ConnectAsync()
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _clients.Add(client);
        await client.ConnectAsync(IPAddress.Loopback, _proxy.Port, Token);
        return client;
    }

    private async Task EchoAsync()
    {
        List<Task> running = [];
        try
        {
            while (true)
            {
                running.Add(EchoAsync(await _echo.AcceptSocketAsync()));
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(running);
        }
    }

    private static async Task EchoAsync(Socket client)
    {
        using (client)
        {
            try
            {
                var buffer = new byte[16_384];
                int read;
                while ((read = await client.ReceiveAsync(buffer)) > 0)
                {
                    await client.SendAsync(buffer.AsMemory(0, read));
                }
            }
            catch (SocketException)
            {
                // The connection was reset.
            }
        }
    }
}
