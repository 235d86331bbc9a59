namespace Carrick;

/// <summary>The door of the engine: what comes back from it is durable. Thread-safe.</summary>
public interface IEventIngress
{
    /// <summary>Stores events of one request atomically and returns after the commit, one result per event in the order given.</summary>
    /// <exception cref="EngineFullException">The write queue is full, or the store cannot write now; nothing was stored. Retry later.</exception>
    /// <exception cref="ArgumentException">An integration is unknown, a field is empty or longer than it may be, or a message id holds U+001F; nothing was stored.</exception>
    /// <exception cref="StoreException">The database refuses a value (<see cref="StoreFailure.Data"/>); nothing was stored.</exception>
    ValueTask<IReadOnlyList<IngestResult>> IngestAsync(IReadOnlyList<IncomingEvent> events, CancellationToken cancellationToken);
}
