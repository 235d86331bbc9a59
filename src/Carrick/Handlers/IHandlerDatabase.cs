namespace Carrick.Handlers;

/// <summary>A database in which handlers book their effects, together with the ledger (<c>processed_events</c>) and the outbox.</summary>
public interface IHandlerDatabase : IAsyncDisposable
{
    /// <summary>A name for logs and errors; without credentials.</summary>
    string Name { get; }

    /// <summary>How many sessions may be open at once.</summary>
    /// <value>1 for SQLite, where deliveries run one after another in one outer transaction.</value>
    int MaxSessions { get; }

    /// <summary>The most deliveries in one outer transaction.</summary>
    int MaxBatch => 256;

    /// <summary>How many deliveries a session can be told of before they begin: <see cref="IHandlerSession.AnnounceAsync"/>.</summary>
    /// <value>0 for SQLite, which writes the ledger of one delivery as fast as of many.</value>
    int MaxAnnounced => 0;

    /// <summary>How long an outer transaction may collect deliveries, unless <see cref="Hosting.CarrickOptions.HandlerLinger"/> says otherwise.</summary>
    /// <value>2 ms for SQLite, where nobody else can write meanwhile.</value>
    TimeSpan Linger => TimeSpan.FromMilliseconds(2);

    /// <summary>Whether this is the engine's own database, so that a session completes the work row in the handler's transaction.</summary>
    bool CompletesWork { get; }

    /// <summary>Creates the tables <c>processed_events</c>, <c>processed_versions</c> and <c>carrick_outbox</c> if they are missing.</summary>
    /// <exception cref="StoreException">The database cannot be opened or written.</exception>
    ValueTask InitializeAsync(CancellationToken cancellationToken);

    /// <summary>Opens a session.</summary>
    /// <exception cref="StoreException">The database cannot be opened.</exception>
    ValueTask<IHandlerSession> OpenSessionAsync(CancellationToken cancellationToken);

    /// <summary>Messages of the outbox after the number <paramref name="after"/> in the order of their numbers, for the relay: after a restart, and when more is published
    /// than it may hold in memory.</summary>
    /// <returns>At most <paramref name="limit"/>, and fewer when their bodies are large; none only if there is none.</returns>
    /// <exception cref="StoreException">The database cannot be read.</exception>
    ValueTask<IReadOnlyList<OutboxMessage>> ReadOutboxAsync(long after, int limit, CancellationToken cancellationToken);
}
