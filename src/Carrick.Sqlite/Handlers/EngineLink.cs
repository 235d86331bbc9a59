using Carrick.Sqlite.Raw;
using Carrick.Sqlite.Writing;
using Carrick.Storage.Commands;

namespace Carrick.Sqlite.Handlers;

/// <summary>
/// What ties sessions to the engine's own database. A session holds the writer's gate while its outer transaction is open,
/// because SQLite has one writer at a time and waiting for it inside SQLite would be unfair and slow.
/// </summary>
internal sealed class EngineLink(SqliteStore store)
{
    public SemaphoreSlim Gate => store.Gate;

    public async ValueTask HoldAsync(Func<ValueTask> action, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await action().ConfigureAwait(false);
        }
        finally
        {
            Gate.Release();
        }
    }

    public WorkWriter CreateWriter(Database database) => new(database, store.State.Ids);

    /// <summary>Ends the delivery in the handler's transaction, if the engine still owns the store.</summary>
    public bool Complete(Database database, WorkWriter writer, CompleteCommand completion) =>
        completion.Applied = database["SELECT epoch FROM leases WHERE shard = 0"].Scalar() == store.Writer.Epoch && writer.Complete(completion);

    public void Committed(int commands, long pages) => store.Counters.Committed(commands, pages);
}
