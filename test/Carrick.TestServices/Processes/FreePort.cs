using System.Net;
using System.Net.Sockets;

namespace Carrick.TestServices.Processes;

/// <summary>A port on 127.0.0.1 that nobody listens on.</summary>
internal static class FreePort
{
    // Below the ports that the system gives to outgoing connections: one of those could take the port while its service is down.
    private const int First = 15_000;
    private const int End = 32_000;

    public static int Find()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, End);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // Another one, then.
            }
        }
    }
}
