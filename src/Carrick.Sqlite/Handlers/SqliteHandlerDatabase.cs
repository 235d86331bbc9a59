using Carrick.Handlers;
using Carrick.Sqlite.Raw;
using Microsoft.Data.Sqlite;

namespace Carrick.Sqlite.Handlers;

/// <summary>A SQLite file in which handlers book their effects: its own, or the engine's when it has an <see cref="EngineLink"/>.</summary>
internal sealed class SqliteHandlerDatabase(SqliteFile file, EngineLink? engine = null) : IHandlerDatabase
{
    // The engine's writer owns the checkpoints of the engine's file; a file of its own checkpoints itself.
    private readonly string _settings = engine is null ? "" : "PRAGMA wal_autocheckpoint = 0; PRAGMA foreign_keys = OFF;";

    public string Name => file.Name;

    public int MaxSessions => 1;

    public bool CompletesWork => engine is not null;

    public ValueTask InitializeAsync(CancellationToken cancellationToken) => engine is null
        ? InitializeAsync()
        : engine.HoldAsync(InitializeAsync, cancellationToken);

    public async ValueTask<IHandlerSession> OpenSessionAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var thread = new DatabaseThread("carrick-handlers");
        try
        {
            await thread;
            return Guard(() => new SqliteHandlerSession(file.Name, thread, file.OpenWriter(_settings), engine), "open");
        }
        catch
        {
            thread.Dispose();
            throw;
        }
    }

    public async ValueTask<IReadOnlyList<OutboxMessage>> ReadOutboxAsync(long after, int limit, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await DatabaseThread.RunAsync("carrick-outbox", () => Guard(
            () =>
            {
                using var database = file.OpenWriter(_settings);
                return Outbox.Read(database, after, limit);
            },
            "read")).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask InitializeAsync() => await DatabaseThread.RunAsync("carrick-handlers", Initialize).ConfigureAwait(false);

    private bool Initialize() => Guard(
        () =>
        {
            file.CreateDirectory();
            using var database = file.OpenWriter(_settings);
            database.Execute($"BEGIN IMMEDIATE; {HandlerSchema.Sql}");
            if (database.ReadText(HandlerSchema.HasOutboxVersion) == "0")
            {
                database.Execute(HandlerSchema.AddOutboxVersion);
            }

            database.Execute("COMMIT;");
            return true;
        },
        "initialize");

    private T Guard<T>(Func<T> action, string verb)
    {
        try
        {
            return action();
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Wrap(error, Name, verb);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"Failed to {verb} '{Name}': {error.Message}", StoreFailure.Configuration, error);
        }
    }
}
