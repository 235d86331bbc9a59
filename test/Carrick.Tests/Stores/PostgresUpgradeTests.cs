using Carrick.Storage;

namespace Carrick.Tests.Stores;

/// <summary>Nodes of an older version beside those of a newer one, which has brought the schema up to date.</summary>
public sealed class PostgresUpgradeTests : StoreTest<PostgresHarness>
{
    [Fact]
    public async Task NewerSchemaThatServesThisVersion_NodesGoOnAndAreStartedAgain()
    {
        Harness.MakeSchemaNewer(serves: 1);
        Harness.Scalar("ALTER TABLE ~events ADD COLUMN later integer; ALTER TABLE ~work ADD COLUMN later integer");

        await CommitAsync(Ingest(NewEvent("before", consumers: Orders)));
        await using (var again = Harness.Create(Time))
        {
            Assert.Empty(await again.MigrateAsync(Token));
            await again.OpenAsync(Token);
        }

        await Store.DisposeAsync();
        await OpenAsync(Harness.Create(Time));
        await CommitAsync(Ingest(NewEvent("after", consumers: Orders)));

        Assert.Equal(2L, Harness.Scalar("SELECT count(*) FROM ~work"));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(9999)]
    public async Task NewerSchemaThatServesLaterVersionsOnly_IsRefused(int serves)
    {
        Harness.MakeSchemaNewer(serves);
        await using var again = Harness.Create(Time);

        var atMigration = await Assert.ThrowsAsync<StoreException>(async () => await again.MigrateAsync(Token));
        var atStart = await Assert.ThrowsAsync<StoreException>(async () => await again.OpenAsync(Token));

        Assert.All([atMigration, atStart], error => Assert.Equal(StoreFailure.Configuration, error.Failure));
        Assert.All([atMigration, atStart], error => Assert.Contains("has version 9999, newer than this program's 3", error.Message, StringComparison.Ordinal));
    }
}
