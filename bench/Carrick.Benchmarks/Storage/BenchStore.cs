using Carrick.Hosting;
using Carrick.TestServices.Postgres;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Carrick.Benchmarks.Storage;

/// <summary>The database of one run: SQLite files in a directory, or a PostgreSQL server that lives as long as the run.</summary>
internal sealed class BenchStore : IAsyncDisposable
{
    private readonly DataDirectory _directory;
    private readonly PostgresServer? _server;

    private BenchStore(DataDirectory directory, PostgresServer? server, Settings settings)
    {
        _directory = directory;
        _server = server;
        Settings = settings with { Data = directory.Path, Postgres = server?.ConnectionString ?? "" };
    }

    /// <summary>The settings that name it.</summary>
    public Settings Settings { get; }

    public static async Task<BenchStore> MakeAsync(Settings settings)
    {
        var directory = new DataDirectory(settings.Data);
        try
        {
            return new BenchStore(directory, settings.Store == "postgres" ? await PostgresServer.StartNewAsync().ConfigureAwait(false) : null, settings);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Chooses the store, and makes the table of the handler beside its ledger.</summary>
    public static void Use(CarrickBuilder carrick, Settings settings)
    {
        if (settings.Postgres.Length > 0)
        {
            carrick.UsePostgres(settings.Postgres);
        }
        else
        {
            carrick.UseSqlite($"Data Source={Path.Combine(settings.Data, "carrick.db")}");
        }
    }

    public static void CreateBookings(Settings settings)
    {
        using System.Data.Common.DbConnection connection = settings.Postgres.Length > 0
            ? new NpgsqlConnection(settings.Postgres)
            : new SqliteConnection($"Data Source={Path.Combine(settings.Data, "carrick.handlers.db")}");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = (settings.Postgres.Length > 0 ? "" : "PRAGMA journal_mode = WAL; ")
            + "CREATE TABLE IF NOT EXISTS bookings (message_id TEXT NOT NULL, amount INTEGER NOT NULL)";
        command.ExecuteNonQuery();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync().ConfigureAwait(false);
        }

        _directory.Dispose();
    }
}
