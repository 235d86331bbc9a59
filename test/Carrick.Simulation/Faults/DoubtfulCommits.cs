using Carrick.Simulation.Memory;
using Carrick.Simulation.World;
using Carrick.Storage.Commands;

namespace Carrick.Simulation.Faults;

/// <summary>
/// Connections that are lost during a commit, as one life of the engine meets them: the commit was durable, or is lost, or becomes durable only
/// while the store is asked about it; and the store may be unable to tell for a while.
/// </summary>
internal sealed class DoubtfulCommits(MemoryStore inner, World.Simulation simulation, Life life)
{
    private Doubt? _doubt;

    private enum Fate
    {
        Lost,
        Durable,
        DurableLater,
    }

    /// <exception cref="StoreException">The outcome of the last commit is not known yet.</exception>
    public void RefuseUntilSettled()
    {
        if (_doubt is not null)
        {
            // A stop that cannot wait any longer gives the answer up.
            if (!life.Stopping.IsCancellationRequested)
            {
                simulation.Findings.Add("DOUBT", life.Name, "A commit is tried while the outcome of the one before is unknown.");
            }

            throw new StoreException("What became of the last commit is not known yet.", StoreFailure.Transient);
        }
    }

    /// <summary>By chance, loses the connection during this commit.</summary>
    /// <exception cref="StoreException">It is lost: <see cref="StoreFailure.Unknown"/>.</exception>
    public async ValueTask MayLoseConnectionAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken)
    {
        var share = simulation.Scenario.DoubtfulCommits;
        if (share == 0 || simulation.IsCalm || !life.Chance.PerMille(share))
        {
            return;
        }

        var fate = life.Chance.Of([Fate.Lost, Fate.Durable, Fate.DurableLater]);
        if (fate == Fate.Durable)
        {
            await inner.CommitAsync(commands, cancellationToken);
        }

        _doubt = new Doubt(fate, commands);
        simulation.Trace.Add("store", $"{life.Name}: loses the connection during a commit: {fate}", isTurn: true);
        throw new StoreException("The connection was lost during a commit; its outcome is unknown.", StoreFailure.Unknown);
    }

    /// <summary>Tells what became of that commit.</summary>
    /// <returns>Whether it is durable.</returns>
    /// <exception cref="StoreException">It cannot be told yet.</exception>
    public async ValueTask<bool> SettleAsync(CancellationToken cancellationToken)
    {
        var doubt = _doubt ?? throw new InvalidOperationException("The outcome of no commit is unknown.");
        await life.StepAsync("store", "is asked what became of a commit", life.Chance.Latency(300));
        if (!simulation.IsCalm && life.Chance.OneIn(2))
        {
            simulation.Trace.Add("store", $"{life.Name}: cannot tell yet");
            throw new StoreException("The last commit is still under way.", StoreFailure.Transient);
        }

        var durable = doubt.Fate == Fate.Durable || (doubt.Fate == Fate.DurableLater && await CommitAsync(doubt.Commands, cancellationToken));
        _doubt = null;
        simulation.Trace.Add("store", $"{life.Name}: the commit is {(durable ? "durable" : "lost")}", isTurn: true);
        return durable;
    }

    private async ValueTask<bool> CommitAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken)
    {
        try
        {
            await inner.CommitAsync(commands, cancellationToken);
            return true;
        }
        catch (StoreException exception) when (exception.Failure == StoreFailure.Taken)
        {
            // Whoever took the store over has ended it.
            return false;
        }
    }

    private sealed record Doubt(Fate Fate, IReadOnlyList<StoreCommand> Commands);
}
