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
        await using (var hold = new Npgsql.NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", stalled) { Parameters = { new() { Value = ((Postgres.PostgresStore)Store).LockKey } } })
        {
            await hold.ExecuteNonQueryAsync(Token);
        }

        await Store.DisposeAsync();
        await using var second = Harness.Create(Time);
        var ownership = await second.OpenAsync(Token);

        Assert.Equal(2, ownership.Epoch);
        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(async () => await transaction.CommitAsync(Token));
    }
}
