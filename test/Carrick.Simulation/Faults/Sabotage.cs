using Carrick.Handlers;
using Carrick.Simulation.Memory;
using Carrick.Simulation.World;
using Carrick.Storage;

namespace Carrick.Simulation.Faults;

/// <summary>A bug that is planted to see whether the simulation finds it. This one is none.</summary>
internal class Sabotage
{
    public static Sabotage None { get; } = new();

    /// <summary>Puts it between one life of the engine and its store.</summary>
    public virtual IStore Plant(IStore store, MemoryTables tables) => store;

    /// <summary>Puts it between one life of the engine and a handler database.</summary>
    public virtual IHandlerDatabase Plant(IHandlerDatabase database) => database;

    /// <summary>Makes the weather in which it can show.</summary>
    public virtual Scenario Adapt(Scenario scenario) => scenario;
}
