using System.Data.Common;
using Carrick.Handlers;
using Carrick.Simulation.Memory;
using Carrick.Simulation.Scheduling;
using Carrick.Simulation.World;
using Carrick.Storage.Commands;

namespace Carrick.Simulation.Faults;

/// <summary>A handler database as one life of the engine meets it: slow, failing, and cut off with the process.</summary>
internal sealed class FaultyHandlerDatabase(MemoryHandlerDatabase inner, World.Simulation simulation, Life life) : IHandlerDatabase
{
    public string Name => inner.Name;

    public int MaxSessions => inner.MaxSessions;

    public int MaxAnnounced => inner.MaxAnnounced;

    public TimeSpan Linger => ((IHandlerDatabase)inner).Linger;

    public bool CompletesWork => inner.CompletesWork;

    private Chance Chance => life.Chance;

    public ValueTask InitializeAsync(CancellationToken cancellationToken) => new(StepAsync("prepares", 100));

    public async ValueTask<IHandlerSession> OpenSessionAsync(CancellationToken cancellationToken)
    {
        await StepAsync("opens a session", 100);
        return new Session(this, await inner.OpenSessionAsync(cancellationToken));
    }

    public async ValueTask<IReadOnlyList<OutboxMessage>> ReadOutboxAsync(long after, int limit, CancellationToken cancellationToken)
    {
        await StepAsync("reads the outbox", 100);
        cancellationToken.ThrowIfCancellationRequested();
        return await inner.ReadOutboxAsync(after, limit, cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    public override int GetHashCode() => inner.GetHashCode();

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    private bool IsFault(int share) => !simulation.IsCalm && Chance.PerMille(share);

    private async Task StepAsync(string what, int microseconds)
    {
        await life.StepAsync("database", $"{Name} {what}", Chance.Latency(microseconds));
        if (IsFault(simulation.Scenario.HandlerDatabaseFaults))
        {
            throw Failed(what);
        }
    }

    private StoreException Failed(string what)
    {
        simulation.Trace.Add("database", $"{life.Name}: {Name} fails");
        return new StoreException($"The handler database failed when it {what}.", StoreFailure.Transient);
    }

    private sealed class Session(FaultyHandlerDatabase database, IHandlerSession inner) : IHandlerSession
    {
        public DbConnection Connection => inner.Connection;

        public DbTransaction Transaction => inner.Transaction;

        public async ValueTask AnnounceAsync(IReadOnlyList<LedgerEntry> entries, CancellationToken cancellationToken)
        {
            await database.StepAsync($"asks the ledger for {entries.Count} messages", 40);
            await inner.AnnounceAsync(entries, cancellationToken);
        }

        public async ValueTask<LedgerVerdict> BeginAsync(LedgerEntry entry, CancellationToken cancellationToken)
        {
            await database.StepAsync($"asks the ledger for {entry.Consumer} {entry.MessageId}", 40);
            return await inner.BeginAsync(entry, cancellationToken);
        }

        public async ValueTask AddToOutboxAsync(OutboxMessage message, CancellationToken cancellationToken)
        {
            await database.StepAsync("keeps a message", 20);
            await inner.AddToOutboxAsync(message, cancellationToken);
        }

        public async ValueTask<bool> KeepAsync(CompleteCommand completion, CancellationToken cancellationToken)
        {
            await database.StepAsync("keeps an effect", 20);
            return await inner.KeepAsync(completion, cancellationToken);
        }

        public async ValueTask DiscardAsync(CancellationToken cancellationToken)
        {
            await database.StepAsync("undoes a handler", 20);
            await inner.DiscardAsync(cancellationToken);
        }

        public async ValueTask DeleteFromOutboxAsync(IReadOnlyList<long> ids, CancellationToken cancellationToken)
        {
            await database.StepAsync("empties the outbox", 20);
            await inner.DeleteFromOutboxAsync(ids, cancellationToken);
        }

        public async ValueTask<LedgerCursor?> PruneLedgerAsync(LedgerCursor after, DateTimeOffset before, int limit, CancellationToken cancellationToken)
        {
            await database.StepAsync("prunes the ledger", 20);
            return await inner.PruneLedgerAsync(after, before, limit, cancellationToken);
        }

        public async ValueTask<bool> CommitAsync(CancellationToken cancellationToken)
        {
            await database.StepAsync("commits", 300);
            await database.MayKillAsync("before a handler's commit is durable");
            var isComplete = await inner.CommitAsync(cancellationToken);
            await database.MayKillAsync("after a handler's commit was durable");
            if (database.IsFault(database.ShareOfLostAnswers))
            {
                throw database.Failed("had committed");
            }

            return isComplete;
        }

        public ValueTask RollbackAsync() => inner.RollbackAsync();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private int ShareOfLostAnswers => simulation.Scenario.HandlerDatabaseFaults / 4;

    private async Task MayKillAsync(string where)
    {
        if (IsFault(simulation.Scenario.CommitCrashes) && Chance.OneIn(2))
        {
            await life.KillAsync(where);
        }
    }
}
