using System.Runtime.CompilerServices;
using Carrick.Simulation.World;
using Carrick.Storage.Commands;

namespace Carrick.Simulation.Faults;

/// <summary>Which commands the database refuses for their data: each is judged when it is seen first, and refused once or a few times in whatever batch it comes.</summary>
internal sealed class RefusedCommands(Func<bool> isFault, Life life)
{
    private const int MostRefusals = 3;

    // Of commands that are dealt with nothing is kept.
    private readonly ConditionalWeakTable<StoreCommand, StrongBox<int>> _left = [];

    /// <summary>A command of the batch that is refused, or <see langword="null"/>.</summary>
    public StoreCommand? Find(IReadOnlyList<StoreCommand> commands)
    {
        foreach (var command in commands)
        {
            if (command is ProbeCommand)
            {
                continue;
            }

            if (!_left.TryGetValue(command, out var left))
            {
                // A batch of many is halved until the command stands alone, and refused as often.
                left = new StrongBox<int>(isFault() ? 8 + life.Chance.Below(MostRefusals) : 0);
                _left.Add(command, left);
            }

            if (left.Value > 0)
            {
                left.Value--;
                return command;
            }
        }

        return null;
    }
}
