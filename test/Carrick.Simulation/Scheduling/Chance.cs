using Carrick.Retry;

namespace Carrick.Simulation.Scheduling;

/// <summary>All chance of one simulation; the same numbers for the same seed on every machine (SplitMix64). Not thread-safe.</summary>
internal sealed class Chance(ulong seed) : IRandomSource
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 to below the number.</summary>
    public int Below(int number) => (int)(Next() % (ulong)number);

    public int Between(int least, int most) => least + Below(most - least + 1);

    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool OneIn(int number) => Below(number) == 0;

    public bool PerMille(int share) => Below(1_000) < share;

    public T Of<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>A source of its own, so that what one part draws does not change what another gets.</summary>
    public Chance Fork() => new(Next());

    /// <summary>Mostly short, now and then long: what a wait on another machine looks like.</summary>
    public TimeSpan Latency(int microseconds) => TimeSpan.FromMicroseconds(Below(100) switch
    {
        < 60 => Below(microseconds + 1),
        < 95 => Below((4 * microseconds) + 1),
        < 99 => Below((40 * microseconds) + 1),
        _ => Below((1_000 * microseconds) + 1),
    });
}
