using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Npgsql;

namespace Carrick.Postgres.Writing;

/// <summary>Drops days of events that are past their retention and that nothing holds, one for each call. Used by whoever holds the writer; not thread-safe.</summary>
internal sealed class OldDays(StoreState state)
{
    private DateTimeOffset? _dropBefore;
    private bool _sweeping;

    /// <summary>Looks at commands that are committed.</summary>
    public void Note(IReadOnlyList<StoreCommand> commands)
    {
        foreach (var command in commands)
        {
            if (command is RetentionCommand retention)
            {
                // Once in a sweep, at its beginning: a day that nothing holds need not be deleted row by row.
                _dropBefore = _sweeping ? _dropBefore : retention.EventsBefore;
                _sweeping = retention.More;
            }
        }
    }

    /// <summary>Drops one day, if there is one; what is in use is left for the next time.</summary>
    /// <param name="partitions">The days.</param>
    /// <param name="transact">Runs the change in a transaction of the writer.</param>
    public void DropOne(EventPartitions partitions, Action<Action<WriteTransaction>> transact)
    {
        if (_dropBefore is not { } before)
        {
            return;
        }

        _dropBefore = null;
        try
        {
            transact(transaction =>
            {
                // A reader of the table must not hold up receiving.
                transaction.Run("SET LOCAL lock_timeout = '200ms'");
                int[] consumers = [.. state.Names.ConsumerNumbers];
                foreach (var day in EventPartitions.Older(transaction, before))
                {
                    if (partitions.TryDrop(transaction, day, consumers))
                    {
                        _dropBefore = before;
                        return;
                    }
                }
            });
        }
        catch (StoreException failure) when (failure.InnerException is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable })
        {
            // In use: the next retention asks again.
        }
    }
}
