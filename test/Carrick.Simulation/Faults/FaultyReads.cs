using Carrick.Simulation.World;

namespace Carrick.Simulation.Faults;

/// <summary>How reads of the store go: they take time, may see a state that is old when it arrives, and fail.</summary>
internal sealed class FaultyReads(World.Simulation simulation, Life life)
{
    private const int Microseconds = 100;

    public async ValueTask<T> ReadAsync<T>(string what, Func<ValueTask<T>> read)
    {
        var chance = life.Chance;
        if (!simulation.IsCalm && chance.PerMille(simulation.Scenario.StoreFaults))
        {
            await life.StepAsync("store", $"fails to read {what}", chance.Latency(Microseconds));
            throw new StoreException("Busy.", StoreFailure.Transient);
        }

        // Every commit that returned before the call is seen; one that returns meanwhile may be or not.
        if (chance.OneIn(3) && !life.IsOver)
        {
            var early = await read();
            await life.StepAsync("store", $"has read {what}", chance.Latency(Microseconds));
            return early;
        }

        await life.StepAsync("store", $"reads {what}", chance.Latency(Microseconds));
        return await read();
    }
}
