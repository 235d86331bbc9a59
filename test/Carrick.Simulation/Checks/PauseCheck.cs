using Carrick.Simulation.World;

namespace Carrick.Simulation.Checks;

/// <summary>I7 by the clock of the world: once an endpoint has asked for a pause, this life starts no request to it before the end.</summary>
internal sealed class PauseCheck(World.Simulation simulation)
{
    private readonly Dictionary<(Life, string), DateTimeOffset> _until = [];

    public void Answered(Life life, string consumer, DateTimeOffset notBefore)
    {
        // The answer is on its way to the engine: its continuations run before the next step.
        var known = _until.GetValueOrDefault((life, consumer));
        _until[(life, consumer)] = notBefore > known ? notBefore : known;
    }

    public void CheckStart(Life life, string consumer, string message)
    {
        if (_until.TryGetValue((life, consumer), out var until) && simulation.Wall.Now < until)
        {
            simulation.Findings.Add("I7", $"{consumer} {message}", $"A request starts {(until - simulation.Wall.Now).TotalMilliseconds} ms before the end of the pause that was asked for.");
        }
    }
}
