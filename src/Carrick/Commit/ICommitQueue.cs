using Carrick.Storage.Commands;

namespace Carrick.Commit;

/// <summary>The one way to change the store. Thread-safe.</summary>
internal interface ICommitQueue
{
    /// <summary>Queues a command and returns when it is durable.</summary>
    /// <exception cref="EngineFullException">The queue is full, the engine is stopping, or the store cannot write now; nothing was changed.</exception>
    ValueTask SubmitAsync(StoreCommand command, CancellationToken cancellationToken);
}
