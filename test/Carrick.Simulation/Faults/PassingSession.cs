using System.Data.Common;
using Carrick.Handlers;
using Carrick.Storage.Commands;

namespace Carrick.Simulation.Faults;

/// <summary>Hands every call on; what is planted overrides one.</summary>
internal class PassingSession(IHandlerSession inner) : IHandlerSession
{
    public DbConnection Connection => inner.Connection;

    public DbTransaction Transaction => inner.Transaction;

    public Exception? FailureBehind(Exception thrown) => inner.FailureBehind(thrown);

    public ValueTask AnnounceAsync(IReadOnlyList<LedgerEntry> entries, CancellationToken cancellationToken) => inner.AnnounceAsync(entries, cancellationToken);

    public virtual ValueTask<LedgerVerdict> BeginAsync(LedgerEntry entry, CancellationToken cancellationToken) => inner.BeginAsync(entry, cancellationToken);

    public ValueTask AddToOutboxAsync(OutboxMessage message, CancellationToken cancellationToken) => inner.AddToOutboxAsync(message, cancellationToken);

    public ValueTask<bool> KeepAsync(CompleteCommand completion, CancellationToken cancellationToken) => inner.KeepAsync(completion, cancellationToken);

    public virtual ValueTask DiscardAsync(CancellationToken cancellationToken) => inner.DiscardAsync(cancellationToken);

    public ValueTask DeleteFromOutboxAsync(IReadOnlyList<long> ids, CancellationToken cancellationToken) => inner.DeleteFromOutboxAsync(ids, cancellationToken);

    public ValueTask<LedgerCursor?> PruneLedgerAsync(LedgerCursor after, DateTimeOffset before, int limit, CancellationToken cancellationToken) =>
        inner.PruneLedgerAsync(after, before, limit, cancellationToken);

    public virtual ValueTask<bool> CommitAsync(CancellationToken cancellationToken) => inner.CommitAsync(cancellationToken);

    public ValueTask RollbackAsync() => inner.RollbackAsync();

    public ValueTask AbandonAsync() => inner.AbandonAsync();

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
