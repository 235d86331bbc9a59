using Carrick.Handlers;
using Carrick.Simulation.World;

namespace Carrick.Simulation.Faults;

/// <summary>The ledger knows nothing that was processed.</summary>
internal sealed class ForgetLedger : Sabotage
{
    public override IHandlerDatabase Plant(IHandlerDatabase database) => new Planted(database);

    public override Scenario Adapt(Scenario scenario) => scenario with { Crashes = Math.Max(2, scenario.Crashes), CommitCrashes = 15 };

    private sealed class Planted(IHandlerDatabase inner) : PassingHandlerDatabase(inner)
    {
        public override async ValueTask<IHandlerSession> OpenSessionAsync(CancellationToken cancellationToken) =>
            new Session(await base.OpenSessionAsync(cancellationToken));
    }

    private sealed class Session(IHandlerSession inner) : PassingSession(inner)
    {
        public override ValueTask<LedgerVerdict> BeginAsync(LedgerEntry entry, CancellationToken cancellationToken) =>
            base.BeginAsync(entry with { Force = true }, cancellationToken);
    }
}

/// <summary>A start does not look into the outbox.</summary>
internal sealed class LoseReply : Sabotage
{
    public override IHandlerDatabase Plant(IHandlerDatabase database) => new Planted(database);

    public override Scenario Adapt(Scenario scenario) => scenario with { CommitCrashes = 15 };

    private sealed class Planted(IHandlerDatabase inner) : PassingHandlerDatabase(inner)
    {
        public override ValueTask<IReadOnlyList<OutboxMessage>> ReadOutboxAsync(long after, int limit, CancellationToken cancellationToken) => new([]);
    }
}
