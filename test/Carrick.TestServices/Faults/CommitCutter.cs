using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Carrick.TestServices.Faults;

/// <summary>Where a connection is cut when a client commits.</summary>
public enum CommitCut
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>The server never gets the COMMIT.</summary>
    BeforeServer,

    /// <summary>The server gets the COMMIT, and its answer is lost.</summary>
    AfterServer,
}

/// <summary>
/// A proxy in front of PostgreSQL that cuts a connection at its COMMIT, as a network does at the worst moment. It reads the client's messages, so a
/// cut is exact. Thread-safe.
/// </summary>
public sealed class CommitCutter : IAsyncDisposable
{
    private static readonly byte[] Commit = [(byte)'Q', 0, 0, 0, 11, .. Encoding.ASCII.GetBytes("COMMIT\0")];

    private const int SslRequest = 80877103;
    private const int GssRequest = 80877104;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Socket, byte> _open = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly int _serverPort;
    private readonly Task _accepting;
    private int _cuts;

    /// <param name="serverPort">Of the server, on 127.0.0.1.</param>
    public CommitCutter(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Asked at each COMMIT.</summary>
    public Func<CommitCut> Next { get; set; } = () => CommitCut.None;

    /// <summary>Whether new connections are refused.</summary>
    public bool Refuses { get; set; }

    /// <summary>Connections cut so far.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        foreach (var socket in _open.Keys)
        {
            socket.Dispose();
        }

        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> running = [];
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                running.RemoveAll(task => task.IsCompleted);
                running.Add(ServeAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(running);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        _open[client] = _open[server] = 0;
        try
        {
            if (Refuses)
            {
                return;
            }

            await server.ConnectAsync(IPAddress.Loopback, _serverPort, _stop.Token);
            await Task.WhenAny(ForwardAsync(client, server), PumpAsync(server, client));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException or IOException)
        {
            // One side is gone, and so is the other now.
        }
        finally
        {
            client.Dispose();
            _open.TryRemove(client, out _);
            _open.TryRemove(server, out _);
        }
    }

    // Messages of the client: the first has no type, nor have requests for encryption before it; each other one is a type, a length and a body.
    private async Task ForwardAsync(Socket client, Socket server)
    {
        using var stream = new NetworkStream(client);
        while (await PassUntypedAsync(stream, server) is SslRequest or GssRequest)
        {
        }

        var head = new byte[5];
        while (await stream.ReadAtLeastAsync(head, 5, throwOnEndOfStream: false, _stop.Token) == 5)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(1)) - 4;
            var message = new byte[5 + length];
            head.CopyTo(message, 0);
            await stream.ReadExactlyAsync(message.AsMemory(5), _stop.Token);
            var cut = message.AsSpan().SequenceEqual(Commit) ? Next() : CommitCut.None;
            if (cut != CommitCut.BeforeServer)
            {
                await server.SendAsync(message, SocketFlags.None, _stop.Token);
            }

            if (cut != CommitCut.None)
            {
                Interlocked.Increment(ref _cuts);
                client.Close(0);
                return;
            }
        }
    }

    /// <returns>What it asks for.</returns>
    private async Task<int> PassUntypedAsync(NetworkStream from, Socket to)
    {
        var head = new byte[4];
        await from.ReadExactlyAsync(head, _stop.Token);
        var message = new byte[BinaryPrimitives.ReadInt32BigEndian(head)];
        head.CopyTo(message, 0);
        await from.ReadExactlyAsync(message.AsMemory(4), _stop.Token);
        await to.SendAsync(message, SocketFlags.None, _stop.Token);
        return BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(4));
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16_384];
        int read;
        while ((read = await from.ReceiveAsync(buffer, SocketFlags.None, _stop.Token)) > 0)
        {
            await to.SendAsync(buffer.AsMemory(0, read), SocketFlags.None, _stop.Token);
        }
    }
}
