using System.Data.Common;
using Carrick.Handlers;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Tests.Stores;

/// <summary>A session that is taken away from code that still uses its connection: what it has locked is free, and whatever the code does has no effect.</summary>
public abstract class AbandonedSessionCompliance<THarness> : IAsyncLifetime
    where THarness : HandlerDatabaseHarness, new()
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly THarness _harness = new();
    private IHandlerDatabase _database = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = _harness.Create();
        await _database.InitializeAsync(Token);
        await using var connection = _harness.Connect();
        await ExecuteAsync(connection, "CREATE TABLE effects (text TEXT NOT NULL)");
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await _harness.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Abandon_UndoesTheTransaction_AndTheMessageIsFreeForTheNextSession()
    {
        await using var session = await _database.OpenSessionAsync(Token);
        await BeginAsync(session);

        await AbandonAsync(session);

        await NextRunsAsync();
        Assert.Equal(["next"], await EffectsAsync());
    }

    [Fact]
    public async Task Abandon_WhileAStatementDoesNotEnd_EndsIt_AndTheMessageIsFreeForTheNextSession()
    {
        await using var session = await _database.OpenSessionAsync(Token);
        await BeginAsync(session);
        var running = Task.Run(() => ExecuteAsync(session.Connection, _harness.EndlessStatement, session.Transaction), Token);
        await IsAtWorkAsync(running);

        await AbandonAsync(session);

        await Assert.ThrowsAnyAsync<DbException>(() => running.WaitAsync(Limit, Token));
        await NextRunsAsync();
        Assert.Equal(["next"], await EffectsAsync());
    }

    [Fact]
    public async Task Abandon_ThenWritesOnTheConnection_FailsAndHasNoEffect()
    {
        await using var session = await _database.OpenSessionAsync(Token);
        await BeginAsync(session);
        var (connection, transaction) = (session.Connection, session.Transaction);
        await AbandonAsync(session);
        await NextRunsAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => ExecuteAsync(connection, "INSERT INTO effects (text) VALUES ('late')", transaction));
        await Assert.ThrowsAnyAsync<Exception>(() => ExecuteAsync(connection, "INSERT INTO effects (text) VALUES ('later')"));
        await Assert.ThrowsAnyAsync<Exception>(async () => await transaction.CommitAsync(Token));
        await Assert.ThrowsAnyAsync<Exception>(async () => await connection.BeginTransactionAsync(Token));

        Assert.Equal(["next"], await EffectsAsync());
    }

    [Fact]
    public async Task Abandon_ThenAPreparedStatement_FailsAndHasNoEffect()
    {
        await using var session = await _database.OpenSessionAsync(Token);
        await BeginAsync(session);
        await using var command = session.Connection.CreateCommand();
        command.Transaction = session.Transaction;
        command.CommandText = "INSERT INTO effects (text) VALUES ('prepared')";
        await command.PrepareAsync(Token);
        await command.ExecuteNonQueryAsync(Token);
        await AbandonAsync(session);

        command.Transaction = null;
        await Assert.ThrowsAnyAsync<Exception>(() => command.ExecuteNonQueryAsync(Token));

        Assert.Empty(await EffectsAsync());
    }

    [Fact]
    public async Task Abandon_ThenTheConnectionIsClosedAndOpenedAgain_FailsAndHasNoEffect()
    {
        await using var session = await _database.OpenSessionAsync(Token);
        await BeginAsync(session);
        var connection = session.Connection;
        await AbandonAsync(session);
        await Record.ExceptionAsync(connection.CloseAsync);

        // As object mappers do with a connection that they find closed.
        await Assert.ThrowsAsync<InvalidOperationException>(() => connection.OpenAsync(Token));
        await Assert.ThrowsAnyAsync<Exception>(() => ExecuteAsync(connection, "INSERT INTO effects (text) VALUES ('late')"));

        Assert.Empty(await EffectsAsync());
    }

    [Fact]
    public async Task Abandon_OfOneThatHasEndedItsTransactionAndBegunAnother_UndoesThatToo()
    {
        await using var session = await _database.OpenSessionAsync(Token);
        await BeginAsync(session);
        await session.Transaction.RollbackAsync(Token);
        await ExecuteAsync(session.Connection, "BEGIN");
        await ExecuteAsync(session.Connection, "INSERT INTO effects (text) VALUES ('other')");

        await AbandonAsync(session);

        await NextRunsAsync();
        Assert.Equal(["next"], await EffectsAsync());
    }

    [Fact]
    public async Task Abandon_OfOneThatHasClosedItsConnection_Ends()
    {
        await using var session = await _database.OpenSessionAsync(Token);
        await BeginAsync(session);
        await session.Connection.CloseAsync();

        await AbandonAsync(session);

        await NextRunsAsync();
        Assert.Equal(["next"], await EffectsAsync());
    }

    private static LedgerEntry Entry() => new("billing/orders", "billing", "m1", DateTimeOffset.UnixEpoch, false, null, null);

    private static async Task BeginAsync(IHandlerSession session)
    {
        Assert.Equal(LedgerVerdict.First, await session.BeginAsync(Entry(), Token));
        await ExecuteAsync(session.Connection, "INSERT INTO effects (text) VALUES ('abandoned')", session.Transaction);
    }

    private static Task AbandonAsync(IHandlerSession session) => session.AbandonAsync().AsTask().WaitAsync(Limit, Token);

    private async Task NextRunsAsync()
    {
        await using var next = await _database.OpenSessionAsync(Token);
        Assert.Equal(LedgerVerdict.First, await next.BeginAsync(Entry(), Token));
        await ExecuteAsync(next.Connection, "INSERT INTO effects (text) VALUES ('next')", next.Transaction);
        var completion = new CompleteCommand
        {
            Item = new WorkItem { Id = RecordId.None, Consumer = 1, EventId = RecordId.None },
            At = DateTimeOffset.UnixEpoch,
            Outcome = DeliveryOutcome.Succeeded,
        };
        Assert.True(await next.KeepAsync(completion, Token));
        Assert.True(await next.CommitAsync(Token));
    }

    // Nothing tells of a statement from inside; that it goes on for a while is all that can be seen on both databases.
    private static async Task IsAtWorkAsync(Task running)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Token);
        Assert.False(running.IsCompleted);
    }

    private async Task<IReadOnlyList<string>> EffectsAsync()
    {
        await using var connection = _harness.Connect();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT text FROM effects ORDER BY text";
        await using var reader = await command.ExecuteReaderAsync(Token);
        List<string> texts = [];
        while (await reader.ReadAsync(Token))
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }

    private static async Task ExecuteAsync(DbConnection connection, string sql, DbTransaction? transaction = null)
    {
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandTimeout = 0;
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Token);
    }
}

public sealed class SqliteAbandonedSessionCompliance : AbandonedSessionCompliance<SqliteHandlerHarness>;

public sealed class PostgresAbandonedSessionCompliance : AbandonedSessionCompliance<PostgresHandlerHarness>;
