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
        if (_process is { HasExited: false })
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

    /// <summary>SIGKILL to one of the backends that serve an application, by its place among them. The server then ends all others and recovers.</summary>
    /// <param name="application">The application's name.</param>
    /// <param name="choose">Is told how many there are, at least one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether there was one. The server accepts connections again.</returns>
    public async Task<bool> KillBackendAsync(string application, Func<int, int> choose, CancellationToken cancellationToken = default)
    {
        await using var connection = new NpgsqlConnection(Connection(Database, pooling: false));
        await connection.OpenAsync(cancellationToken);
        await using var list = new NpgsqlCommand("SELECT array_agg(pid ORDER BY pid) FROM pg_stat_activity WHERE application_name = $1", connection);
        list.Parameters.Add(new NpgsqlParameter<string> { TypedValue = application });
        if (await list.ExecuteScalarAsync(cancellationToken) is not int[] { Length: > 0 } backends
            || Tool.TryRun("/bin/sh", "-c", "kill -s KILL $0", backends[choose(backends.Length)].ToString(CultureInfo.InvariantCulture)) is null)
        {
            return false;
        }

        try
        {
            // Ends when the server has noticed, by which this session is ended too.
            await using var wait = new NpgsqlCommand("SELECT pg_sleep(60)", connection) { CommandTimeout = 30 };
            await wait.ExecuteNonQueryAsync(cancellationToken);
            throw new InvalidOperationException("A backend was killed, and the server did not notice.");
        }
        catch (NpgsqlException)
        {
            await _process!.ReadyAsync<NpgsqlException>(ProbeAsync, cancellationToken);
            return true;
        }
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
        await _process.ReadyAsync<NpgsqlException>(ProbeAsync, cancellationToken);
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
