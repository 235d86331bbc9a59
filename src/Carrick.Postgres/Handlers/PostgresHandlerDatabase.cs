using System.Security.Cryptography;
using Carrick.Handlers;
using Carrick.Postgres.Raw;
using Carrick.Postgres.Reading;
using Npgsql;

namespace Carrick.Postgres.Handlers;

/// <summary>Handlers on PostgreSQL; with <paramref name="engine"/>, on the engine's own database. Ledger and outbox are in Carrick's schema there.</summary>
/// <param name="database">Where.</param>
/// <param name="sessions">How many sessions work at once.</param>
/// <param name="engine">The store, if it is the same database.</param>
internal sealed class PostgresHandlerDatabase(PostgresDatabase database, int sessions, PostgresStore? engine = null) : IHandlerDatabase
{
    // Several nodes may start at once, and CREATE ... IF NOT EXISTS is not safe against itself.
    private const string Initialize = "SELECT pg_advisory_xact_lock(hashtextextended('carrick-handlers:' || $1, 0))";

    private const long BytesOfAPage = 4 * 1024 * 1024;

    private readonly PostgresReader _reader = new(database);
    private readonly HandlerSql _sql = new(database);
    private readonly LostTransactions _lost = new(database);

    public string Name => database.Name;

    public int MaxSessions => sessions;

    // A transaction with more than 64 savepoints makes every other one slower.
    public int MaxBatch => 50;

    public int MaxAnnounced => MaxBatch;

    // A delivery takes a round trip or two here, so that a commit of what comes in 2 ms would be one of three or four.
    public TimeSpan Linger => TimeSpan.FromMilliseconds(10);

    public bool CompletesWork => engine is not null;

    public async ValueTask InitializeAsync(CancellationToken cancellationToken) => await GuardAsync(
        async () =>
        {
            if (engine is null)
            {
                // By which others tell this process's sessions from those of one that stands still.
                database.SessionName ??= "carrick handlers " + RandomNumberGenerator.GetHexString(16, lowercase: true);
            }

            await using var connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
            await Requirements.RequireWritableAsync(database, connection, cancellationToken).ConfigureAwait(false);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (var guard = new NpgsqlCommand(Initialize, connection, transaction) { Parameters = { P.Text(database.Schema.Name) } })
            {
                await guard.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            await using (var command = new NpgsqlCommand($"CREATE SCHEMA IF NOT EXISTS {database.Schema.Name}; {database.Sql(HandlerSchema.Sql)}", connection, transaction))
            {
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return true;
        },
        "initialize").ConfigureAwait(false);

    public ValueTask<IHandlerSession> OpenSessionAsync(CancellationToken cancellationToken) => GuardAsync<IHandlerSession>(
        async () =>
        {
            var connection = await database.OpenForHandlersAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await _lost.EndAsync(connection, cancellationToken).ConfigureAwait(false);
                return new PostgresHandlerSession(database, _sql, connection, _lost, engine);
            }
            catch
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        },
        "open");

    public async ValueTask<IReadOnlyList<OutboxMessage>> ReadOutboxAsync(long after, int limit, CancellationToken cancellationToken) =>
        await _reader.ListAsync(Ledger.ReadOutbox, [P.Int64(after), P.Int64(limit), P.Int64(BytesOfAPage)], Ledger.ReadMessage, cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync() => engine is null ? database.DisposeAsync() : ValueTask.CompletedTask;

    private async ValueTask<T> GuardAsync<T>(Func<Task<T>> action, string verb)
    {
        try
        {
            return await action().ConfigureAwait(false);
        }
        catch (Exception error) when (PostgresErrors.IsOfTheDriver(error))
        {
            throw PostgresErrors.Wrap(error, Name, verb);
        }
    }
}
