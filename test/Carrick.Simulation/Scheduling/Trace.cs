using System.Globalization;

namespace Carrick.Simulation.Scheduling;

/// <summary>What happened in a simulation, line by line, and a hash of all of it: two runs are the same if their hashes are.</summary>
internal sealed class Trace(Scheduler scheduler)
{
    private const ulong Prime = 1099511628211;
    private readonly List<TraceLine> _lines = [];

    /// <summary>FNV-1a over every line with its time.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    public IReadOnlyList<TraceLine> Lines => _lines;

    /// <param name="actor">Who: a part of a life of the engine, or of its world.</param>
    /// <param name="text">What.</param>
    /// <param name="isTurn">A turn of the whole world, such as a crash: shown also when only one message is of interest.</param>
    public void Add(string actor, string text, bool isTurn = false)
    {
        var line = new TraceLine(scheduler.Elapsed, actor, text, isTurn);
        _lines.Add(line);
        Mix((ulong)line.At.Ticks);
        Mix(actor);
        Mix(text);
    }

    private void Mix(string text)
    {
        foreach (var c in text)
        {
            Hash = (Hash ^ c) * Prime;
        }
    }

    private void Mix(ulong number) => Hash = (Hash ^ number) * Prime;
}

/// <summary>A line of a trace.</summary>
internal readonly record struct TraceLine(TimeSpan At, string Actor, string Text, bool IsTurn)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.TotalSeconds,12:F4} s  {Actor,-9} {Text}");
}
