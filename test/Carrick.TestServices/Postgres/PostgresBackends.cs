using System.Globalization;
using Carrick.TestServices.Processes;
using Npgsql;

namespace Carrick.TestServices.Postgres;

/// <summary>The processes of a server that serve one application.</summary>
/// <param name="server">The server.</param>
/// <param name="application">The application's name, or how it begins.</param>
public sealed class PostgresBackends(PostgresServer server, string application)
{
    private const string OfTheApplication = "FROM pg_stat_activity WHERE application_name LIKE $1 || '%'";

    private readonly string _connectionString = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = false }.ConnectionString;

    /// <summary>SIGKILL to one of them, by its place. The server then ends all others and recovers, because shared memory may be damaged.</summary>
    /// <param name="choose">Is told how many there are, at least one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether there was one. The server accepts connections again.</returns>
    public async Task<bool> KillOneAsync(Func<int, int> choose, CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenAsync(cancellationToken);
        var backends = await ListAsync(connection, cancellationToken);
        if (backends.Length == 0 || !Signal("KILL", [backends[choose(backends.Length)]]))
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
            await server.ReadyAsync(cancellationToken);
            return true;
        }
    }

    /// <summary>SIGSTOP to all of them: as if the disk under them did not answer. They go on when the answer is disposed.</summary>
    public async Task<IDisposable> SuspendAsync(CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenAsync(cancellationToken);
        var backends = await ListAsync(connection, cancellationToken);
        return Signal("STOP", backends) ? new Suspension(backends) : throw new InvalidOperationException("A backend has ended meanwhile.");
    }

    /// <summary>Ends their sessions.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> TerminateAsync(CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenAsync(cancellationToken);
        await using var command = Command($"SELECT count(pg_terminate_backend(pid))::int {OfTheApplication}", connection);
        return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static bool Signal(string name, int[] processes) =>
        Tool.TryRun(["/bin/sh", "-c", $"kill -s {name} \"$@\"", "kill", .. processes.Select(process => process.ToString(CultureInfo.InvariantCulture))]) is not null;

    private async Task<int[]> ListAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = Command($"SELECT array_agg(pid ORDER BY pid) {OfTheApplication}", connection);
        return await command.ExecuteScalarAsync(cancellationToken) as int[] ?? [];
    }

    private NpgsqlCommand Command(string sql, NpgsqlConnection connection) =>
        new(sql, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = application } } };

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    private sealed class Suspension(int[] backends) : IDisposable
    {
        public void Dispose() => Signal("CONT", backends);
    }
}
