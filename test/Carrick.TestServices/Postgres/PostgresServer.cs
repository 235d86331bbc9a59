using System.Diagnostics;
using System.Globalization;
using Carrick.TestServices.Processes;
using Npgsql;

namespace Carrick.TestServices.Postgres;

/// <summary>
/// A PostgreSQL server of the tests' own, as durable as one in production, with a database for them. It ends with the test process, however that ends.
/// Starting and stopping are for one caller at a time.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "postgres";
    private const string Database = "carrick_test";
    private const int PortsToTry = 5;

    private static readonly TimeSpan LeftOversPatience = TimeSpan.FromSeconds(30);

    private readonly ServiceFolder _folder;
    private ServiceProcess? _process;

    private PostgresServer(ServiceFolder folder) => _folder = folder;

    /// <summary>For Npgsql, as a superuser. Stays the same over restarts.</summary>
    public string ConnectionString => Connection(Database, pooling: true);

    /// <summary>On 127.0.0.1.</summary>
    public int Port { get; private set; }

    /// <summary>Data, socket and log.</summary>
    public string Folder => _folder.Path;

    /// <summary>Of the postmaster.</summary>
    public int ProcessId => int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);

    private string Data => _folder.File("data");

    /// <summary>Makes a server and waits until it accepts connections.</summary>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed.</exception>
    public static async Task<PostgresServer> StartNewAsync(CancellationToken cancellationToken = default)
    {
        var server = new PostgresServer(new ServiceFolder("postgres"));
        try
        {
            Tool.Run(UnprivilegedUser.Command(
                [PostgresBinaries.InitDb, "--pgdata", server.Data, "--username", User, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]));
            await server.StartOnAFreePortAsync(cancellationToken);
            await using var connection = new NpgsqlConnection(server.Connection("postgres", pooling: false));
            await connection.OpenAsync(cancellationToken);
            await using var create = new NpgsqlCommand($"CREATE DATABASE {Database}", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it again, with the same data and port, and waits until it accepts connections.</summary>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (IsRunning)
        {
            throw new InvalidOperationException("The server is running.");
        }

        var waited = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await RunAsync(cancellationToken);
                return;
            }
            catch (ServiceEndedException error) when (error.Log.Contains("is still in use", StringComparison.Ordinal) && waited.Elapsed < LeftOversPatience)
            {
                // Backends of a postmaster that was killed hold its shared memory until they notice.
            }
        }
    }

    /// <summary>Stops it; the data stay.</summary>
    public Task StopAsync(PostgresShutdown how = PostgresShutdown.Fast) => Task.Run(() => _process?.End(how == PostgresShutdown.Fast ? "INT" : "QUIT"));

    /// <summary>SIGKILL to the postmaster alone, as the system does when it is out of memory. Its backends end a moment later.</summary>
    public void KillPostmaster() => _process?.End("KILL");

    /// <summary>Waits until it accepts connections.</summary>
    public Task ReadyAsync(CancellationToken cancellationToken = default) => _process!.ReadyAsync<NpgsqlException>(ProbeAsync, cancellationToken);

    /// <summary>Whether its postmaster runs.</summary>
    public bool IsRunning => _process is { HasExited: false };

    /// <summary>Moves the write-ahead log to another file system. The server is stopped and started for it.</summary>
    /// <param name="disk">An empty folder.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task MoveLogAsync(string disk, CancellationToken cancellationToken = default)
    {
        await StopAsync();
        var (from, to) = (Path.Combine(Data, "pg_wal"), Path.Combine(disk, "pg_wal"));
        ServiceFolder.Give(disk);
        Tool.Run("cp", "-a", from, to);
        Directory.Delete(from, recursive: true);
        File.CreateSymbolicLink(from, to);
        await StartAsync(cancellationToken);
    }

    /// <summary>Stops it and deletes the data.</summary>
    public async ValueTask DisposeAsync()
    {
        // At once: nobody needs the data any more.
        _process?.Dispose();
        await _folder.DisposeAsync();
    }

    private async Task StartOnAFreePortAsync(CancellationToken cancellationToken)
    {
        for (var left = PortsToTry; ; left--)
        {
            Port = FreePort.Find();
            try
            {
                await RunAsync(cancellationToken);
                return;
            }
            catch (ServiceEndedException error) when (error.Log.Contains("in use", StringComparison.Ordinal) && left > 0)
            {
                // Somebody else took the port in between.
            }
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        _process?.Dispose();
        _process = ServiceProcess.Start(
            _folder, "postgres", lastSignal: "QUIT", [PostgresBinaries.Postgres, "-D", Data, .. PostgresSettings.Arguments(_folder.Path, Port)]);
        await ReadyAsync(cancellationToken);
    }

    // Another server may have been faster on the port.
    private async Task ProbeAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(Connection("postgres", pooling: false));
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT current_setting('data_directory')", connection);
        if (await command.ExecuteScalarAsync(cancellationToken) is not string data || data != Data)
        {
            throw new NpgsqlException($"Another server answers on port {Port}.");
        }
    }

    private string Connection(string database, bool pooling) =>
        new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = Port, Database = database, Username = User, Pooling = pooling }.ConnectionString;
}
