using System.Data.Common;
using Carrick.Storage.Commands;

namespace Carrick.Handlers;

/// <summary>
/// One connection on which deliveries run one after another, each in a savepoint of one outer transaction.
/// The order of calls: <see cref="BeginAsync"/>, the handler, then <see cref="KeepAsync"/> or <see cref="DiscardAsync"/>,
/// any number of times; then <see cref="CommitAsync"/> or <see cref="RollbackAsync"/>. Not thread-safe, but for <see cref="AbandonAsync"/>.
/// </summary>
/// <remarks>Every method throws <see cref="StoreException"/> when the database fails; the outer transaction is lost then and the caller rolls back.</remarks>
public interface IHandlerSession : IAsyncDisposable
{
    /// <summary>The open connection.</summary>
    DbConnection Connection { get; }

    /// <summary>The outer transaction.</summary>
    /// <exception cref="InvalidOperationException">None is open.</exception>
    DbTransaction Transaction { get; }

    /// <summary>Whether what a handler threw says that the database failed and not the handler; the outer transaction is lost then.</summary>
    /// <param name="thrown">What it threw.</param>
    /// <returns>A <see cref="StoreException"/>; an <see cref="InvalidOperationException"/> if a handler before it has spoilt the transaction; or
    /// <see langword="null"/> if the fault is the handler's or the event's.</returns>
    Exception? FailureBehind(Exception thrown) => null;

    /// <summary>
    /// Tells of the deliveries that begin next, all of them and in this order, each of another message: their ledger is written at once. What their handlers do to
    /// the transaction may be seen later than without it, so that <see cref="InvalidOperationException"/> does not say whose fault it is.
    /// </summary>
    /// <param name="entries">At most <see cref="IHandlerDatabase.MaxAnnounced"/>.</param>
    /// <param name="cancellationToken">Ends the wait for the transaction.</param>
    ValueTask AnnounceAsync(IReadOnlyList<LedgerEntry> entries, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Opens the outer transaction if none is open (for writing at once), sets a savepoint, and writes the ledger.
    /// For any verdict but <see cref="LedgerVerdict.First"/> nothing stays written but what the verdict says, and the savepoint is closed.</summary>
    /// <exception cref="InvalidOperationException">The handler of the delivery that was kept last has spoilt the transaction, which was not seen then.</exception>
    ValueTask<LedgerVerdict> BeginAsync(LedgerEntry entry, CancellationToken cancellationToken);

    /// <summary>Writes a message to the outbox, inside the open savepoint.</summary>
    ValueTask AddToOutboxAsync(OutboxMessage message, CancellationToken cancellationToken);

    /// <summary>Closes the savepoint and keeps its writes. Where <see cref="IHandlerDatabase.CompletesWork"/>, the work row is deleted by
    /// <paramref name="completion"/>, here or with the others by <see cref="CommitAsync"/>, which sets its <see cref="WorkCommand.Applied"/>;
    /// if it is seen here that the row is gone, the savepoint is rolled back.</summary>
    /// <returns><see langword="false"/> if somebody else has finished the delivery.</returns>
    /// <exception cref="InvalidOperationException">The handler has ended the transaction.</exception>
    ValueTask<bool> KeepAsync(CompleteCommand completion, CancellationToken cancellationToken);

    /// <summary>Rolls back to the savepoint.</summary>
    ValueTask DiscardAsync(CancellationToken cancellationToken);

    /// <summary>Deletes relayed messages from the outbox, inside the outer transaction; opens one if none is open.</summary>
    ValueTask DeleteFromOutboxAsync(IReadOnlyList<long> ids, CancellationToken cancellationToken);

    /// <summary>Looks at the next rows of the ledger and deletes those processed before a time, inside the outer transaction; opens one if none is open.</summary>
    /// <param name="after">Where the window before ended; <see cref="LedgerCursor.Start"/> to begin.</param>
    /// <param name="before">What is older is deleted.</param>
    /// <param name="limit">The most rows to look at.</param>
    /// <param name="cancellationToken">Ends the wait for the transaction.</param>
    /// <returns>Where this window ends, or <see langword="null"/> if it was the last.</returns>
    ValueTask<LedgerCursor?> PruneLedgerAsync(LedgerCursor after, DateTimeOffset before, int limit, CancellationToken cancellationToken);

    /// <summary>Commits the outer transaction durably; does nothing if none is open.</summary>
    /// <returns><see langword="false"/> if somebody else has finished deliveries that were kept, those whose <see cref="WorkCommand.Applied"/> is not set:
    /// nothing was committed then, and the outer transaction is over.</returns>
    /// <exception cref="InvalidOperationException">The handler of the delivery that was kept last has spoilt the transaction; the caller rolls back.</exception>
    ValueTask<bool> CommitAsync(CancellationToken cancellationToken);

    /// <summary>Rolls the outer transaction back; does nothing if none is open. Never throws for a broken connection.</summary>
    ValueTask RollbackAsync();

    /// <summary>Takes the session away from a handler that does not end, while its code may be using the connection: rolls the outer transaction back and frees what it
    /// has locked, whatever a statement is waiting for, and makes the connection useless to that code. It is called once, between <see cref="BeginAsync"/> and
    /// <see cref="KeepAsync"/>, from any thread; nothing follows but <see cref="IAsyncDisposable.DisposeAsync"/>, when the code has ended.</summary>
    /// <remarks>By default it does nothing, and what the transaction has locked stays so until the code ends.</remarks>
    /// <exception cref="StoreException">The transaction could not be ended now.</exception>
    ValueTask AbandonAsync() => ValueTask.CompletedTask;
}
