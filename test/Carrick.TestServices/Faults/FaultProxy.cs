using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Carrick.TestServices.Processes;

namespace Carrick.TestServices.Faults;

/// <summary>A TCP proxy on 127.0.0.1 that misbehaves by a plan, which may change at any time and then holds for open connections too. Thread-safe.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<FaultConnection, Task> _open = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Random _random;
    private readonly int _serverPort;
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;
    private volatile FaultPlan _plan = FaultPlan.None;

    /// <param name="serverPort">Of the server, on 127.0.0.1.</param>
    /// <param name="seed">Of the jitter.</param>
    public FaultProxy(int serverPort, int seed = 0)
    {
        _serverPort = serverPort;
        _random = new Random(seed);
        Port = Listen(FreePort.Find);
    }

    /// <summary>Stays the same while connections are refused.</summary>
    public int Port { get; }

    /// <summary>The plan in force.</summary>
    public FaultPlan Plan
    {
        get => _plan;
        set
        {
            lock (_gate)
            {
                _plan = value;
                if (value.IsHalfOpen)
                {
                    foreach (var connection in _open.Keys)
                    {
                        connection.Forget();
                    }
                }

                if (value.RefusesConnects)
                {
                    _listener?.Stop();
                    _listener = null;
                }
                else if (_listener is null)
                {
                    Listen(() => Port);
                }
            }
        }
    }

    /// <summary>Resets all open connections, on both sides.</summary>
    public void Reset()
    {
        foreach (var connection in _open.Keys)
        {
            connection.Reset();
        }
    }

    /// <summary>Resets the connections that pass nothing any more, as a keep-alive does in the end.</summary>
    public void ResetForgotten()
    {
        foreach (var connection in _open.Keys.Where(connection => connection.IsForgotten))
        {
            connection.Reset();
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _listener?.Stop();
            _listener = null;
        }

        await _stop.CancelAsync();
        await _accepting;
        await Task.WhenAll(_open.Values);
        _stop.Dispose();
    }

    private int Listen(Func<int> port)
    {
        while (true)
        {
            var listener = new TcpListener(IPAddress.Loopback, port());
            try
            {
                listener.Start();
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse && Port == 0)
            {
                // Somebody else took the port in between.
                continue;
            }

            _listener = listener;
            _accepting = Task.WhenAll(_accepting, AcceptAsync(listener));
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(_stop.Token);
                var connection = new FaultConnection(client, new Socket(SocketType.Stream, ProtocolType.Tcp), () => _plan, Draw, _stop.Token);
                lock (_gate)
                {
                    if (_plan.IsHalfOpen)
                    {
                        connection.Forget();
                    }

                    _open[connection] = Task.CompletedTask;
                    _open[connection] = ServeAsync(connection);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The listener was stopped.
        }
    }

    private async Task ServeAsync(FaultConnection connection)
    {
        // The caller adds it before it can be removed.
        await Task.Yield();
        await connection.RunAsync(_serverPort);
        lock (_gate)
        {
            _open.TryRemove(connection, out _);
        }
    }

    private double Draw()
    {
        lock (_random)
        {
            return _random.NextDouble();
        }
    }
}
