namespace Carrick.Storage;

/// <summary>The engine's reads. All are bounded, by keyset, and see every commit that returned before the call.</summary>
/// <remarks>Every method throws <see cref="StoreException"/> when the database fails. Items come without their events.</remarks>
public interface IWorkReader
{
    /// <summary>Work that is due at once (no due time), oldest first, after <paramref name="after"/>.</summary>
    ValueTask<IReadOnlyList<WorkItem>> ReadReadyAsync(int consumer, RecordId after, int limit, CancellationToken cancellationToken);

    /// <summary>Work with a due time, soonest first, after (<paramref name="afterDue"/>, <paramref name="afterId"/>).</summary>
    ValueTask<IReadOnlyList<WorkItem>> ReadDelayedAsync(
        int consumer, DateTimeOffset afterDue, RecordId afterId, int limit, CancellationToken cancellationToken);

    /// <summary>Work of one ordering key, oldest first, delayed or not, after <paramref name="after"/>.</summary>
    ValueTask<IReadOnlyList<WorkItem>> ReadKeyAsync(
        int consumer, string orderingKey, RecordId after, int limit, CancellationToken cancellationToken);

    /// <summary>One outstanding delivery, or <see langword="null"/>.</summary>
    ValueTask<WorkItem?> FindAsync(RecordId delivery, CancellationToken cancellationToken);

    /// <summary>The events with these ids, in any order; those that are gone are left out.</summary>
    ValueTask<IReadOnlyList<EventRecord>> ReadEventsAsync(IReadOnlyCollection<RecordId> ids, CancellationToken cancellationToken);

    /// <summary>The newest version of a subject that was delivered to a consumer by <see cref="Commands.CompleteCommand.Delivered"/>, or <see langword="null"/>.</summary>
    ValueTask<long?> FindVersionAsync(int consumer, string subject, CancellationToken cancellationToken);

    /// <summary>Outstanding and dead deliveries by consumer number.</summary>
    ValueTask<IReadOnlyDictionary<int, ConsumerDepth>> CountAsync(CancellationToken cancellationToken);

    /// <summary>Replay jobs that are not finished.</summary>
    ValueTask<IReadOnlyList<ReplayJob>> ReadOpenReplaysAsync(CancellationToken cancellationToken);
}

/// <summary>How many deliveries of a consumer are where.</summary>
/// <param name="Ready">Due at once.</param>
/// <param name="Delayed">Waiting for a due time.</param>
/// <param name="Dead">Dead letters that were neither replayed nor discarded.</param>
public readonly record struct ConsumerDepth(long Ready, long Delayed, long Dead);
