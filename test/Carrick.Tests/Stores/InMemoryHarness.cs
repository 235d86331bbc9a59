using Carrick.Handlers;
using Carrick.Simulation.Memory;
using Carrick.Storage;

namespace Carrick.Tests.Stores;

/// <summary>The store of the simulation: what the engine is tried on there has to behave like every other store.</summary>
public sealed class InMemoryHarness : StoreHarness
{
    internal MemoryTables Tables { get; private init; } = new();

    public override IStore Create(TimeProvider time) => new MemoryStore(Tables, time);

    public override StoreHarness CopyAsAfterCrash() => new InMemoryHarness { Tables = Tables.Copy() };

    public override IStore CreateAlmostFull(TimeProvider time, int kilobytes) => new MemoryStore(Tables, time, kilobytes * 1_024L);

    public override void TakeOver() => Tables.Epoch++;

    public override void MakeSchemaNewer() => Tables.Schema++;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed class InMemoryIngestCompliance : IngestCompliance<InMemoryHarness>;

public sealed class InMemoryDeduplicationCompliance : DeduplicationCompliance<InMemoryHarness>;

public sealed class InMemoryWorkCompliance : WorkCompliance<InMemoryHarness>;

public sealed class InMemoryWorkReaderCompliance : WorkReaderCompliance<InMemoryHarness>;

public sealed class InMemoryOperatorCompliance : OperatorCompliance<InMemoryHarness>;

public sealed class InMemoryReplayCompliance : ReplayCompliance<InMemoryHarness>;

public sealed class InMemoryRetentionCompliance : RetentionCompliance<InMemoryHarness>;

public sealed class InMemoryQueryCompliance : QueryCompliance<InMemoryHarness>;

public sealed class InMemoryOwnershipCompliance : OwnershipCompliance<InMemoryHarness>;

public sealed class InMemoryFailureCompliance : FailureCompliance<InMemoryHarness>;

public sealed class InMemoryEngineDatabaseCompliance : EngineDatabaseCompliance<InMemoryHarness>
{
    protected override IHandlerDatabase CreateDatabase(IStore store) => new MemoryHandlerDatabase("memory", new HandlerTables(), (MemoryStore)store);
}
