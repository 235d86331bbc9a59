using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Carrick.Tests.Delivery;

/// <summary>A server on 127.0.0.1 that answers with any bytes, and keeps what it got.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Func<RawRequest, NetworkStream, CancellationToken, Task<bool>> _respond;
    private readonly Task _accepting;

    /// <param name="respond">Answers; <see langword="false"/> closes the connection.</param>
    public RawServer(Func<RawRequest, NetworkStream, CancellationToken, Task<bool>> respond)
    {
        _respond = respond;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public RawServer(string response)
        : this(async (_, stream, cancellationToken) =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(response), cancellationToken);
            return true;
        })
    {
    }

    public ConcurrentQueue<RawRequest> Requests { get; } = new();

    public int ConnectionCount => _connections.Count;

    public Uri Url(string pathAndQuery = "/hooks") => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}{pathAndQuery}");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        await Task.WhenAll(_connections);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end of the server.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            while (await RawRequest.ReadAsync(stream, _stop.Token) is { } request)
            {
                Requests.Enqueue(request);
                if (!await _respond(request, stream, _stop.Token))
                {
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
        {
            // The client went away, or the server ends.
        }
    }
}
