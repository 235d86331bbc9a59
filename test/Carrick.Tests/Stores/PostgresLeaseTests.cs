using Carrick.Handlers;
using Carrick.Postgres;
using Carrick.Postgres.Handlers;
using Carrick.Storage;

namespace Carrick.Tests.Stores;

public sealed class PostgresLeaseTests : StoreTest<PostgresHarness>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Maintain_AfterAnotherTookTheStoreOver_FailsThoughNothingIsCommitted()
    {
        await Store.MaintainAsync(idle: true, Token);
        Harness.TakeOver();

        var started = TimeProvider.System.GetTimestamp();
        StoreException? taken = null;
        while (taken is null && TimeProvider.System.GetElapsedTime(started) < Patience)
        {
            taken = await Record.ExceptionAsync(async () => await Store.MaintainAsync(idle: true, Token)) as StoreException;
            await Task.Delay(50, Token);
        }

        Assert.Equal(StoreFailure.Taken, taken?.Failure);
    }

    [Fact]
    public async Task Open_AfterTheNodeWasTakenForDead_CountsNoCrash()
    {
        Harness.TakeOver();
        await Assert.ThrowsAsync<StoreException>(async () => await CommitAsync(Ingest(NewEvent("m1"))));
        await Store.DisposeAsync();

        await OpenAsync(Harness.Create(Time));

        Assert.Equal(0, Ownership.UncleanStarts);
    }

    [Fact]
    public async Task Open_AfterTheOwnersSessionHasEnded_NeedNotWaitForTheLease()
    {
        // As when a process is killed: nothing is given back, and the server ends its sessions.
        await Store.DisposeAsync();
        var started = TimeProvider.System.GetTimestamp();

        await OpenAsync(Harness.Create(Time));

        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.Equal(2, Ownership.Epoch);
    }

    [Fact]
    public async Task Open_WhileTheOwnerStandsStillInACommit_EndsItsTransaction()
    {
        await using var stalled = new Npgsql.NpgsqlConnection(Harness.ConnectionString + ";Pooling=False");
        await stalled.OpenAsync(Token);
        await using var transaction = await stalled.BeginTransactionAsync(Token);
        await using (var hold = new Npgsql.NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", stalled) { Parameters = { new() { Value = ((PostgresStore)Store).LockKey } } })
        {
            await hold.ExecuteNonQueryAsync(Token);
        }

        await Store.DisposeAsync();
        await using var second = Harness.Create(Time);
        Assert.Empty(await second.MigrateAsync(Token).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Token));
        var ownership = await second.OpenAsync(Token);

        Assert.Equal(2, ownership.Epoch);
        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(async () => await transaction.CommitAsync(Token));
    }

    [Fact]
    public async Task Open_WhileAHandlerOfTheOldOwnerStandsStill_EndsItsTransaction()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await using var handlers = new PostgresHandlerDatabase(((PostgresStore)Store).Database, 1, (PostgresStore)Store);
        await handlers.InitializeAsync(Token);
        await using var stalled = await handlers.OpenSessionAsync(Token);
        await stalled.BeginAsync(new LedgerEntry("billing/orders", "billing", "m1", Start, false, null, null), Token);
        Assert.True(await stalled.KeepAsync(Complete(item), Token));
        Harness.Scalar("UPDATE ~nodes SET expires_at = now(), backend = NULL RETURNING id");

        await using var second = Harness.Create(Time);
        await second.OpenAsync(Token);

        // The row of the work is free: a commit that needs it does not wait until it is given up.
        var retry = Retry(item, Start.AddSeconds(1));
        retry.AssignIds(Ids);
        await second.CommitAsync([retry], Token).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Token);
        Assert.True(retry.Applied);
        // And so is the message.
        await using var others = new PostgresHandlerDatabase(((PostgresStore)second).Database, 1, (PostgresStore)second);
        await using var next = await others.OpenSessionAsync(Token);
        var verdict = await next.BeginAsync(new LedgerEntry("billing/orders", "billing", "m1", Start, false, null, null), Token).AsTask()
            .WaitAsync(TimeSpan.FromSeconds(10), Token);
        Assert.Equal(LedgerVerdict.First, verdict);
        var failure = await Assert.ThrowsAsync<StoreException>(async () => await stalled.CommitAsync(Token));
        Assert.Equal(StoreFailure.Transient, failure.Failure);
    }
}
