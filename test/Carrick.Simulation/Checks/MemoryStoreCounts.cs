using Carrick.Simulation.Memory;
using Carrick.Storage;

namespace Carrick.Simulation.Checks;

/// <summary>The depths that the tables have, counted apart from the store's own query.</summary>
internal sealed class MemoryStoreCounts(MemoryTables tables)
{
    public ConsumerDepth Of(int consumer) => new(
        tables.Work.Values.Count(row => row.Consumer == consumer && row.Due == 0),
        tables.Work.Values.Count(row => row.Consumer == consumer && row.Due != 0),
        tables.DeadLetters.Values.Count(row => row.Work.Consumer == consumer && row.ReplayedBy is null));
}
