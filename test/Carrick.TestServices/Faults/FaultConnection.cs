using System.Net;
using System.Net.Sockets;

namespace Carrick.TestServices.Faults;

/// <summary>One connection through a <see cref="FaultProxy"/>. Both directions end together.</summary>
internal sealed class FaultConnection(Socket client, Socket server, Func<FaultPlan> plan, Func<double> chance, CancellationToken stop)
{
    private volatile bool _isForgotten;
    private volatile bool _isTruncated;
    private int _answered;

    /// <summary>Whether it passes nothing any more.</summary>
    public bool IsForgotten => _isForgotten;

    /// <summary>It passes nothing any more.</summary>
    public void Forget() => _isForgotten = true;

    /// <summary>RST to both sides.</summary>
    public void Reset()
    {
        // Closed within no time: not a FIN but a reset.
        client.Close(0);
        server.Close(0);
    }

    public async Task RunAsync(int serverPort)
    {
        try
        {
            client.NoDelay = server.NoDelay = true;
            await server.ConnectAsync(IPAddress.Loopback, serverPort, stop);
            await await Task.WhenAny(PumpAsync(client, server, answers: false), PumpAsync(server, client, answers: true));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side is gone, and so is the other now.
        }
        finally
        {
            client.Dispose();
            server.Dispose();
        }
    }

    private async Task PumpAsync(Socket from, Socket to, bool answers)
    {
        var buffer = new byte[16_384];
        while (true)
        {
            var read = await from.ReceiveAsync(buffer, SocketFlags.None, stop);
            var faults = plan();
            await DelayAsync(answers ? faults.ToClient : faults.ToServer, read);
            if (_isForgotten)
            {
                await Task.Delay(Timeout.Infinite, stop);
            }

            if (read == 0)
            {
                return;
            }

            if (_isTruncated)
            {
                // Whatever the client says to a connection that was closed.
                continue;
            }

            // An answer is what the server says between two parts of the client's.
            var before = answers ? Interlocked.Add(ref _answered, read) - read : Interlocked.Exchange(ref _answered, 0);
            var passed = answers && faults.TruncateAfter is { } most ? Math.Clamp(most - before, 0, read) : read;
            for (var sent = 0; sent < passed;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, passed - sent), SocketFlags.None, stop);
            }

            if (passed < read)
            {
                // An end, not a reset, which might overtake what was passed on: the sockets are closed when the client has closed its own.
                _isTruncated = true;
                to.Shutdown(SocketShutdown.Send);
                await Task.Delay(Timeout.Infinite, stop);
            }
        }
    }

    private Task DelayAsync(LaneFaults faults, int bytes)
    {
        var delay = faults.Latency + (faults.Jitter * chance()) + (faults.BytesPerSecond is { } rate ? TimeSpan.FromSeconds((double)bytes / rate) : TimeSpan.Zero);
        return delay > TimeSpan.Zero ? Task.Delay(delay, TimeProvider.System, stop) : Task.CompletedTask;
    }
}
