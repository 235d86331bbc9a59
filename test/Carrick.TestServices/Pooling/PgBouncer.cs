using Carrick.TestServices.Postgres;
using Carrick.TestServices.Processes;
using Npgsql;

namespace Carrick.TestServices.Pooling;

/// <summary>A PgBouncer in front of a server, in transaction mode: each transaction may run on another backend. It ends with the test process, however that ends.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private const int PortsToTry = 5;

    private readonly ServiceFolder _folder;
    private readonly NpgsqlConnectionStringBuilder _server;
    private ServiceProcess? _process;

    private PgBouncer(ServiceFolder folder, PostgresServer server) => (_folder, _server) = (folder, new NpgsqlConnectionStringBuilder(server.ConnectionString));

    /// <summary>The server's connection string, by way of the pooler.</summary>
    public string ConnectionString => Connection(pooling: true);

    /// <summary>On 127.0.0.1.</summary>
    public int Port { get; private set; }

    /// <summary>Starts one and waits until it accepts connections. The server must be running.</summary>
    /// <exception cref="InvalidOperationException">PgBouncer is not installed.</exception>
    public static async Task<PgBouncer> StartNewAsync(PostgresServer server, CancellationToken cancellationToken = default)
    {
        var bouncer = new PgBouncer(new ServiceFolder("pgbouncer"), server);
        try
        {
            await bouncer.StartOnAFreePortAsync(cancellationToken);
            return bouncer;
        }
        catch
        {
            await bouncer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it and deletes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        _process?.Dispose();
        await _folder.DisposeAsync();
    }

    private async Task StartOnAFreePortAsync(CancellationToken cancellationToken)
    {
        for (var left = PortsToTry; ; left--)
        {
            Port = FreePort.Find();
            _process?.Dispose();
            _process = ServiceProcess.Start(_folder, "pgbouncer", lastSignal: "KILL", Binary(), await ConfigureAsync(cancellationToken));
            try
            {
                await _process.ReadyAsync<NpgsqlException>(ProbeAsync, cancellationToken);
                return;
            }
            catch (ServiceEndedException error) when (error.Log.Contains("in use", StringComparison.Ordinal) && left > 0)
            {
                // Somebody else took the port in between.
            }
        }
    }

    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(Connection(pooling: false));
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT 1", connection);
        await command.ExecuteScalarAsync(cancellationToken);
    }

    private async Task<string> ConfigureAsync(CancellationToken cancellationToken)
    {
        var (ini, users) = (_folder.File("pgbouncer.ini"), _folder.File("users.txt"));
        await File.WriteAllTextAsync(users, $"\"{_server.Username}\" \"\"\n", cancellationToken);
        await File.WriteAllTextAsync(ini, PgBouncerSettings.Ini(_server.Port, Port, users), cancellationToken);
        ServiceFolder.Give(users);
        ServiceFolder.Give(ini);
        return ini;
    }

    private static string Binary() => Executable.FolderOf(["/usr/sbin", .. Executable.SearchPath], "pgbouncer") is { } folder
        ? Path.Combine(folder, "pgbouncer")
        : throw new InvalidOperationException("PgBouncer is not installed, and these tests start one: apt-get install pgbouncer");

    private string Connection(bool pooling) => new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Port = Port, Pooling = pooling }.ConnectionString;
}
