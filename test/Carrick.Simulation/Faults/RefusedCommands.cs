using System.Runtime.CompilerServices;
using Carrick.Storage.Commands;

namespace Carrick.Simulation.Faults;

/// <summary>Which commands the database refuses for their data: each is judged when it is seen first, and refused in whatever batch it comes, until it has been refused alone.</summary>
internal sealed class RefusedCommands(Func<bool> isFault)
{
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
                left = new StrongBox<int>(isFault() ? 10 : 0);
                _left.Add(command, left);
            }

            if (left.Value > 0)
            {
                // Alone it has been found; what is tried again after that is taken.
                left.Value = commands.Count == 1 ? 0 : left.Value - 1;
                return command;
            }
        }

        return null;
    }
}
