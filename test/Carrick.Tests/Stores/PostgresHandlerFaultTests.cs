using Carrick.Handlers;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Npgsql;

namespace Carrick.Tests.Stores;

/// <summary>Whose fault an error in a handler is: a wrong statement must use up the retry budget of its delivery, a lost server must not.</summary>
public sealed class PostgresHandlerFaultTests : IAsyncLifetime
{
    private readonly PostgresHandlerHarness _harness = new();
    private IHandlerDatabase _database = null!;
    private IHandlerSession _session = null!;

    private static readonly LedgerEntry First = new("billing/orders", "billing", "m1", DateTimeOffset.UnixEpoch, false, null, null);

    private static CompleteCommand Completion => new()
    {
        Item = new WorkItem { Id = RecordId.None, Consumer = 1, EventId = RecordId.None },
        At = DateTimeOffset.UnixEpoch,
        Outcome = DeliveryOutcome.Succeeded,
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = _harness.Create();
        await _database.InitializeAsync(Token);
        _session = await _database.OpenSessionAsync(Token);
        await _session.BeginAsync(First, Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await _database.DisposeAsync();
        await _harness.DisposeAsync();
    }

    [Theory]
    [InlineData("SELECT 1 FROM nowhere", "42P01")]
    [InlineData("SELECT 1 / 0", "22012")]
    [InlineData("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40P01'; END $$", "40P01")]
    [InlineData("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '55P03'; END $$", "55P03")]
    [InlineData("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '57014'; END $$", "57014")]
    public async Task FailureBehind_AStatementOfTheHandler_IsNone_AndTheOthersGoOn(string sql, string state)
    {
        var thrown = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(sql));

        Assert.Equal(state, thrown.SqlState);
        Assert.Null(_session.FailureBehind(new InvalidOperationException("wrapped", thrown)));
        await _session.DiscardAsync(Token);
        await _session.CommitAsync(Token);
    }

    [Theory]
    [InlineData("53100")]
    [InlineData("53200")]
    [InlineData("58030")]
    public async Task FailureBehind_AServerInTrouble_IsTold(string state)
    {
        var thrown = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync($"DO $$ BEGIN RAISE EXCEPTION SQLSTATE '{state}'; END $$"));

        Assert.NotNull(_session.FailureBehind(thrown));
    }

    [Fact]
    public async Task FailureBehind_AnEndedSession_IsTold()
    {
        var thrown = await Assert.ThrowsAnyAsync<NpgsqlException>(() => ExecuteAsync("SELECT pg_terminate_backend(pg_backend_pid())"));

        Assert.Equal(StoreFailure.Transient, Assert.IsType<StoreException>(_session.FailureBehind(thrown)).Failure);
    }

    [Fact]
    public void FailureBehind_ANullReference_IsOfTheDriverOnlyIfTheDriverThrewIt()
    {
        // As it does when it cannot write while it reads.
#pragma warning disable CA2201
        var (ofTheHandler, ofTheDriver) = (new NullReferenceException { Source = "Shop" }, new NullReferenceException { Source = "Npgsql" });
#pragma warning restore CA2201

        Assert.Null(_session.FailureBehind(ofTheHandler));
        Assert.IsType<StoreException>(_session.FailureBehind(new InvalidOperationException("wrapped", ofTheDriver)));
    }

    [Fact]
    public async Task Discard_AfterTheSessionWasLostAndTheHandlerSaidSomethingElse_IsNoFaultOfTheHandler()
    {
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ExecuteAsync("SELECT pg_terminate_backend(pg_backend_pid())"));

        var failure = await Assert.ThrowsAsync<StoreException>(async () => await _session.DiscardAsync(Token));

        Assert.Equal(StoreFailure.Transient, failure.Failure);
    }

    [Fact]
    public async Task Discard_AfterTheHandlerClosedTheConnection_IsItsFault()
    {
        await _session.Connection.CloseAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await _session.DiscardAsync(Token));
    }

    [Fact]
    public async Task Publish_AfterAStatementFailedAndTheHandlerWentOn_SaysWhatAHandlerMustNotDo()
    {
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync("SELECT 1 / 0"));
        var message = new OutboxMessage { Integration = "billing", MessageId = "a", Type = "t", ContentType = "text/plain", Body = new byte[] { 1 } };

        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () => await _session.AddToOutboxAsync(message, Token));

        Assert.Contains("the handler went on", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Commit_ByAHandler_IsRefused_AndTheLedgerKeepsNothing(bool announced)
    {
        await _session.RollbackAsync();
        LedgerEntry[] entries = [First with { MessageId = "m2" }, First with { MessageId = "m3" }];
        if (announced)
        {
            await _session.AnnounceAsync(entries, Token);
        }

        await _session.BeginAsync(entries[0], Token);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync("COMMIT"));

        Assert.Equal(PostgresErrorCodes.InvalidTransactionTermination, refused.SqlState);
        Assert.Null(_session.FailureBehind(refused));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await _session.DiscardAsync(Token));
        await _session.RollbackAsync();
        foreach (var entry in entries)
        {
            Assert.Equal(LedgerVerdict.First, await _session.BeginAsync(entry, Token));
            await _session.DiscardAsync(Token);
        }
    }

    [Fact]
    public async Task Announce_OfMessagesOldAndNew_TellsEachApart_AndForgetsWhatFailed()
    {
        await _session.CommitAsync(Token);
        LedgerEntry[] entries = [First with { MessageId = "m2" }, First, First with { Force = true, MessageId = "m1", Consumer = "billing/books" }, First with { MessageId = "m4" }];
        await _session.AnnounceAsync(entries, Token);

        Assert.Equal(LedgerVerdict.First, await _session.BeginAsync(entries[0], Token));
        Assert.True(await _session.KeepAsync(Completion, Token));
        Assert.Equal(LedgerVerdict.AlreadyProcessed, await _session.BeginAsync(entries[1], Token));
        Assert.Equal(LedgerVerdict.First, await _session.BeginAsync(entries[2], Token));
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync("SELECT 1 / 0"));
        await _session.DiscardAsync(Token);
        Assert.Equal(LedgerVerdict.First, await _session.BeginAsync(entries[3], Token));
        Assert.True(await _session.KeepAsync(Completion, Token));
        Assert.True(await _session.CommitAsync(Token));

        Assert.Equal(LedgerVerdict.AlreadyProcessed, await _session.BeginAsync(entries[0], Token));
        Assert.Equal(LedgerVerdict.First, await _session.BeginAsync(entries[2] with { Force = false }, Token));
        await _session.DiscardAsync(Token);
        Assert.Equal(LedgerVerdict.AlreadyProcessed, await _session.BeginAsync(entries[3], Token));
    }

    [Fact]
    public async Task Announce_OfMessagesWhoseIdsPostgresCannotKeepAsTheyAre_RunsThemAll()
    {
        await _session.CommitAsync(Token);
        LedgerEntry[] entries = [.. new[] { "a\0b", "a\u0001b", "a\u00010b", "half a pair: \ud800" }.Select(id => First with { MessageId = id })];
        await _session.AnnounceAsync(entries, Token);

        foreach (var entry in entries)
        {
            Assert.Equal(LedgerVerdict.First, await _session.BeginAsync(entry, Token));
            Assert.True(await _session.KeepAsync(Completion, Token));
        }

        Assert.True(await _session.CommitAsync(Token));
        foreach (var entry in entries)
        {
            Assert.Equal(LedgerVerdict.AlreadyProcessed, await _session.BeginAsync(entry, Token));
        }
    }

    [Fact]
    public async Task Announce_OfMessagesWhoseIdsAreOneInPostgres_RunsTheFirst()
    {
        await _session.CommitAsync(Token);
        LedgerEntry[] entries = [First with { MessageId = "half a pair: \ud800" }, First with { MessageId = "half a pair: \ud801" }];
        await _session.AnnounceAsync(entries, Token);

        Assert.Equal(LedgerVerdict.First, await _session.BeginAsync(entries[0], Token));
        Assert.True(await _session.KeepAsync(Completion, Token));
        Assert.Equal(LedgerVerdict.AlreadyProcessed, await _session.BeginAsync(entries[1], Token));
        Assert.True(await _session.CommitAsync(Token));
    }

    [Fact]
    public async Task Discard_OfAForcedDelivery_LeavesTheLedgerOfTheFirst()
    {
        await _session.CommitAsync(Token);
        await _session.AnnounceAsync([First with { Force = true }], Token);
        Assert.Equal(LedgerVerdict.First, await _session.BeginAsync(First with { Force = true }, Token));
        await _session.DiscardAsync(Token);
        Assert.True(await _session.CommitAsync(Token));

        Assert.Equal(LedgerVerdict.AlreadyProcessed, await _session.BeginAsync(First, Token));
    }

    [Fact]
    public async Task Initialize_ByARoleThatOwnsNothing_LeavesAllAsItIs()
    {
        await _session.RollbackAsync();
        await using var owner = _harness.Connect();
        await using var sql = owner.CreateCommand();
        var role = $"r{Guid.NewGuid():N}";
        sql.CommandText =
            $"""
            CREATE ROLE {role} LOGIN PASSWORD 'secret';
            DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO {role}; GRANT USAGE, CREATE ON SCHEMA %I TO {role}; GRANT ALL ON ALL TABLES IN SCHEMA %2$I TO {role}',
                current_database(), current_schema()); END $$
            """;
        await sql.ExecuteNonQueryAsync(Token);
        try
        {
            await using var other = _harness.Create($"Username={role};Password=secret");
            await other.InitializeAsync(Token);
            await using var session = await other.OpenSessionAsync(Token);
            Assert.Equal(LedgerVerdict.First, await session.BeginAsync(First, Token));
            Assert.True(await session.CommitAsync(Token));
        }
        finally
        {
            sql.CommandText = $"DROP OWNED BY {role}; DROP ROLE {role}";
            await sql.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task Ledger_WrittenByAnybodyElse_IsNotRefused()
    {
        await _session.RollbackAsync();
        await using var connection = _harness.Connect();
        await using var import = connection.CreateCommand();
        import.CommandText = "INSERT INTO processed_events VALUES (0, 'billing/orders', 'billing', 'm1')";
        await import.ExecuteNonQueryAsync(Token);

        Assert.Equal(LedgerVerdict.AlreadyProcessed, await _session.BeginAsync(First, Token));
    }

    [Fact]
    public async Task Begin_AfterTheHandlerBeforeWentOnAfterAFailure_SaysWhatAHandlerMustNotDo()
    {
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync("SELECT 1 / 0"));
        Assert.True(await _session.KeepAsync(Completion, Token));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () => await _session.BeginAsync(First with { MessageId = "m2" }, Token));

        Assert.Contains("the handler went on", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Begin_AfterTheHandlerBeforeBeganATransactionOfItsOwn_SaysWhatAHandlerMustNotDo()
    {
        await ExecuteAsync("ROLLBACK; BEGIN");
        Assert.True(await _session.KeepAsync(Completion, Token));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () => await _session.BeginAsync(First with { MessageId = "m2" }, Token));

        Assert.Contains("must not commit or roll back", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT 1 / 0", "the handler went on")]
    [InlineData("ROLLBACK; BEGIN", "must not commit or roll back")]
    public async Task Commit_AfterTheLastHandlerSpoiltTheTransaction_SaysSo_AndKeepsNothing(string sql, string problem)
    {
        await ExecuteAsync(sql).ContinueWith(static _ => { }, Token, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        Assert.True(await _session.KeepAsync(Completion, Token));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(async () => await _session.CommitAsync(Token));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        await _session.RollbackAsync();
        Assert.Equal(LedgerVerdict.First, await _session.BeginAsync(First, Token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Begin_WhileTheTransactionOfAnOwnerThatStandsStillHoldsTheMessage_EndsThatAndRunsIt(bool announced)
    {
        await using var other = _harness.Create();
        await other.InitializeAsync(Token);
        await using var next = await other.OpenSessionAsync(Token);
        if (announced)
        {
            await next.AnnounceAsync([First with { MessageId = "m0" }, First], Token);
            Assert.Equal(LedgerVerdict.First, await next.BeginAsync(First with { MessageId = "m0" }, Token));
        }

        Assert.Equal(LedgerVerdict.First, await next.BeginAsync(First, Token));

        await next.CommitAsync(Token);
        var failure = await Assert.ThrowsAsync<StoreException>(async () => await _session.CommitAsync(Token));
        Assert.Equal(StoreFailure.Transient, failure.Failure);
    }

    [Fact]
    public async Task Begin_WhileAHandlerOfThisProcessTakesItsTimeWithTheMessage_WaitsForIt()
    {
        await using var next = await _database.OpenSessionAsync(Token);
        var waiting = next.BeginAsync(First, Token).AsTask();
        // Longer than it takes to see that somebody stands still.
        await Task.Delay(TimeSpan.FromSeconds(4), Token);
        await _session.CommitAsync(Token);

        Assert.Equal(LedgerVerdict.AlreadyProcessed, await waiting);
    }

    [Fact]
    public async Task Begin_WhileTheTransactionOfAnOwnerThatIsBusyHoldsTheMessage_WaitsForIt()
    {
        // Longer than it takes to see that somebody stands still.
        var busy = ExecuteAsync("SELECT pg_sleep(5)");
        await using var other = _harness.Create();
        await other.InitializeAsync(Token);
        await using var next = await other.OpenSessionAsync(Token);
        var waiting = next.BeginAsync(First, Token).AsTask();
        await busy;
        await _session.CommitAsync(Token);

        Assert.Equal(LedgerVerdict.AlreadyProcessed, await waiting);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _session.Connection.CreateCommand();
        command.Transaction = _session.Transaction;
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Token);
    }
}
