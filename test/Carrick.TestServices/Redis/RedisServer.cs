using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Carrick.TestServices.Processes;

namespace Carrick.TestServices.Redis;

/// <summary>A Redis server that answers a write only when it is on disk (<c>appendfsync always</c>). It ends with the process that started it, however that ends.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private const int PortsToTry = 5;

    private readonly ServiceFolder _folder = new("redis");
    private ServiceProcess? _process;

    private RedisServer()
    {
    }

    /// <summary>On 127.0.0.1.</summary>
    public int Port { get; private set; }

    /// <summary>Of the server itself, not of what guards it.</summary>
    public async Task<int> ProcessIdAsync(CancellationToken cancellationToken = default)
    {
        const string Name = "process_id:";
        var line = (await AskAsync("INFO server", cancellationToken)).Split('\n').First(line => line.StartsWith(Name, StringComparison.Ordinal));
        return int.Parse(line[Name.Length..].TrimEnd(), CultureInfo.InvariantCulture);
    }

    /// <summary>Starts one and waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">Redis is not installed.</exception>
    public static async Task<RedisServer> StartNewAsync(CancellationToken cancellationToken = default)
    {
        var server = new RedisServer();
        try
        {
            await server.StartOnAFreePortAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What it says of itself: <c>redis_version</c> and many others.</summary>
    public async Task<string> AskAsync(string command, CancellationToken cancellationToken = default)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\r\nQUIT\r\n"), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    /// <summary>Stops it and deletes the data.</summary>
    public async ValueTask DisposeAsync()
    {
        _process?.Dispose();
        await _folder.DisposeAsync();
    }

    private static string Binary() => Executable.FolderOf(["/usr/bin", .. Executable.SearchPath], "redis-server") is { } folder
        ? Path.Combine(folder, "redis-server")
        : throw new InvalidOperationException("Redis is not installed: apt-get install redis-server");

    private async Task StartOnAFreePortAsync(CancellationToken cancellationToken)
    {
        for (var left = PortsToTry; ; left--)
        {
            Port = FreePort.Find();
            _process?.Dispose();
            _process = ServiceProcess.Start(_folder, "redis", lastSignal: "KILL", [Binary(), .. Arguments()]);
            try
            {
                await _process.ReadyAsync<SocketException>(token => AskAsync("PING", token), cancellationToken);
                return;
            }
            catch (ServiceEndedException error) when (error.Log.Contains("in use", StringComparison.Ordinal) && left > 0)
            {
                // Somebody else took the port in between.
            }
        }
    }

    private string[] Arguments() =>
    [
        "--bind", "127.0.0.1", "--port", Port.ToString(CultureInfo.InvariantCulture), "--dir", _folder.Path,
        "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction",
    ];
}
