using Carrick.Simulation.Scheduling;

namespace Carrick.Simulation.World;

/// <summary>The wall clock of the simulated machine. It may be set; elapsed time goes on as it did.</summary>
internal sealed class WallClock(Scheduler scheduler)
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private TimeSpan _set;

    public DateTimeOffset Now => Start + scheduler.Elapsed + _set;

    public void Set(TimeSpan forward) => _set += forward;
}
