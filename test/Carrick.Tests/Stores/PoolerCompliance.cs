using Carrick.Handlers;
using Carrick.Postgres;
using Carrick.Postgres.Handlers;
using Carrick.Storage;
using Carrick.TestServices.Postgres;

namespace Carrick.Tests.Stores;

/// <summary>The same server, reached through a PgBouncer in transaction mode.</summary>
public sealed class PoolerHarness : PostgresHarness
{
    protected override string StoreConnection => SharedPostgres.GetPoolerAsync().GetAwaiter().GetResult().ConnectionString;
}

public sealed class PoolerIngestCompliance : IngestCompliance<PoolerHarness>;

public sealed class PoolerDeduplicationCompliance : DeduplicationCompliance<PoolerHarness>;

public sealed class PoolerWorkCompliance : WorkCompliance<PoolerHarness>;

public sealed class PoolerWorkReaderCompliance : WorkReaderCompliance<PoolerHarness>;

public sealed class PoolerReplayCompliance : ReplayCompliance<PoolerHarness>;

public sealed class PoolerOwnershipCompliance : OwnershipCompliance<PoolerHarness>
{
    [Fact]
    public void Open_ThroughAPooler_KnowsIt() => Assert.True(((PostgresStore)Store).Database.IsBehindPooler);
}

public sealed class PoolerEngineDatabaseCompliance : EngineDatabaseCompliance<PoolerHarness>
{
    protected override IHandlerDatabase CreateDatabase(IStore store) =>
        new PostgresHandlerDatabase(((PostgresStore)store).Database, 2, (PostgresStore)store);
}
