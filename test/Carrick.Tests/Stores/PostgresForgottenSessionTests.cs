using Carrick.Handlers;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.TestServices.Faults;
using Carrick.TestServices.Postgres;
using Carrick.Tests.Receiving;
using Npgsql;

namespace Carrick.Tests.Stores;

/// <summary>Sessions of handlers that are lost with a transaction open, which the server may not know of: what they have locked must be free again soon.</summary>
public sealed class PostgresForgottenSessionTests : IAsyncDisposable
{
    private readonly PostgresHandlerHarness _harness = new();

    private static readonly LedgerEntry Entry = new("billing/orders", "billing", "m1", DateTimeOffset.UnixEpoch, false, null, null);

    private static CompleteCommand Completion => new()
    {
        Item = new WorkItem { Id = RecordId.None, Consumer = 1, EventId = RecordId.None },
        At = DateTimeOffset.UnixEpoch,
        Outcome = DeliveryOutcome.Succeeded,
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    [Fact]
    public async Task Commit_ThatDoesNotFollowInTime_IsEndedByTheServer_AndTheMessageIsFreeAgain()
    {
        // As when the connection is forgotten, or the process suspended, between the last statement and the COMMIT.
        await using var network = new FaultProxy((await SharedPostgres.GetAsync()).Port);
        await using var database = _harness.Create($"Port={network.Port}");
        await database.InitializeAsync(Token);
        await using var slow = await database.OpenSessionAsync(Token);
        await slow.BeginAsync(Entry, Token);
        await slow.KeepAsync(Completion, Token);
        network.Plan = new FaultPlan { ToServer = new LaneFaults { Latency = TimeSpan.FromSeconds(4) } };

        var failure = await Assert.ThrowsAsync<StoreException>(async () => await slow.CommitAsync(Token));

        network.Plan = FaultPlan.None;
        Assert.Equal(StoreFailure.Transient, failure.Failure);
        await using var next = await database.OpenSessionAsync(Token);
        Assert.Equal(LedgerVerdict.First, await next.BeginAsync(Entry, Token));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Open_AfterTheNetworkForgotASessionWhoseHandlerRan_EndsThat_AndTheMessageIsFreeAgain(bool isFirstAnswerLost, bool isPooled)
    {
        await using var network = new FaultProxy(isPooled ? (await SharedPostgres.GetPoolerAsync()).Port : (await SharedPostgres.GetAsync()).Port);
        // A pooler takes no search path at the start.
        await using var database = _harness.Create($"Port={network.Port};Search Path=");
        await database.InitializeAsync(Token);
        await using (var forgotten = await database.OpenSessionAsync(Token))
        {
            using var answered = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var unanswered = new FaultPlan { ToClient = new LaneFaults { Latency = TimeSpan.FromHours(1) } };
            network.Plan = isFirstAnswerLost ? unanswered : FaultPlan.None;
            var beginning = forgotten.BeginAsync(Entry, answered.Token).AsTask();
            await HoldsALedgerRowAsync();
            if (!isFirstAnswerLost)
            {
                await beginning;
            }

            network.Plan = new FaultPlan { IsHalfOpen = true };
            network.Plan = new FaultPlan { RefusesConnects = true };
            await answered.CancelAsync();
            await using var statement = forgotten.Connection.CreateCommand();
            statement.CommandText = "SELECT 1";
            statement.CommandTimeout = 1;
            await Assert.ThrowsAnyAsync<Exception>(() => isFirstAnswerLost ? beginning : statement.ExecuteNonQueryAsync(Token));
            await forgotten.RollbackAsync();
        }

        // The server knows nothing of it.
        await HoldsALedgerRowAsync();
        network.Plan = FaultPlan.None;
        await using var next = await database.OpenSessionAsync(Token);

        Assert.Equal(LedgerVerdict.First, await next.BeginAsync(Entry, Token));
        await next.DiscardAsync(Token);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Open_AfterALostSession_ByARoleThatMayEndNone_GoesOn(bool isAbandoned)
    {
        await using var owner = _harness.Connect();
        await using var sql = owner.CreateCommand();
        var name = $"r{Guid.NewGuid():N}";
        await RunAsync($"CREATE ROLE {name} LOGIN PASSWORD 'secret'");
        await RunAsync($"CREATE DATABASE {name} OWNER {name}");
        try
        {
            await using (var admin = new NpgsqlConnection((await SharedPostgres.GetAsync()).ConnectionString + $";Database={name};Pooling=False"))
            {
                await admin.OpenAsync(Token);
                await using var revoke = new NpgsqlCommand("REVOKE EXECUTE ON FUNCTION pg_terminate_backend FROM PUBLIC", admin);
                await revoke.ExecuteNonQueryAsync(Token);
            }

            await using var database = _harness.Create($"Database={name};Username={name};Password=secret");
            await database.InitializeAsync(Token);
            await using (var lost = await database.OpenSessionAsync(Token))
            {
                await lost.BeginAsync(Entry, Token);
                if (isAbandoned)
                {
                    await lost.AbandonAsync();
                    await using var other = await database.OpenSessionAsync(Token);
                    Assert.Equal(LedgerVerdict.First, await other.BeginAsync(Entry, Token));
                    await other.DiscardAsync(Token);
                }

                await RunAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND state LIKE 'idle in transaction%'");
                if (!isAbandoned)
                {
                    await Assert.ThrowsAsync<StoreException>(async () => await lost.DiscardAsync(Token));
                }
            }

            await using var next = await database.OpenSessionAsync(Token);

            Assert.Equal(LedgerVerdict.First, await next.BeginAsync(Entry, Token));
            await next.DiscardAsync(Token);
        }
        finally
        {
            await RunAsync($"DROP DATABASE {name} WITH (FORCE)");
            await RunAsync($"DROP ROLE {name}");
        }

        async Task RunAsync(string statement)
        {
            sql.CommandText = statement;
            await sql.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    /// <summary>Waits until a transaction has written a row of the ledger and does nothing now.</summary>
    private async Task HoldsALedgerRowAsync()
    {
        await using var connection = _harness.Connect();
        await using var ask = connection.CreateCommand();
        ask.CommandText =
            """
            SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE relation = 'processed_events'::regclass AND mode = 'RowExclusiveLock' AND state LIKE 'idle in transaction%'
            """;
        await Wait.Until(() => (long)ask.ExecuteScalar()! == 1);
    }
}
