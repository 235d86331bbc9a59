namespace Carrick.Handlers;

/// <content>
/// Deliveries that a session is told of together. When one of their handlers spoils the transaction nobody knows which: all of them run again, and for a while
/// none is announced, so that the next time it is known.
/// </content>
internal sealed partial class HandlerLane
{
    private const int DeliveriesToWatch = 256;

    private int _toWatch;

    private TimeSpan Linger => _options.HandlerLinger ?? _database.Linger;

    /// <summary>Makes the next delivery the current one.</summary>
    /// <returns><see langword="false"/> if none waits.</returns>
    private async ValueTask<bool> TakeAsync(IHandlerSession session, HandlerBatch batch)
    {
        if (batch.Announced.Count == 0)
        {
            if (!TryTake(out var first))
            {
                return false;
            }

            var most = MostToAnnounce(batch);
            if (most <= 1)
            {
                batch.Current = first;
                return true;
            }

            batch.Announced.Enqueue(first);
            while (batch.Announced.Count < most && TryTake(out var next))
            {
                batch.Announced.Enqueue(next);
            }

            await AnnounceAsync(session, batch).ConfigureAwait(false);
        }

        batch.Current = batch.Announced.Dequeue();
        return true;
    }

    private void WatchIf(bool isUnknownWho)
    {
        if (isUnknownWho)
        {
            Volatile.Write(ref _toWatch, DeliveriesToWatch);
        }
    }

    private async ValueTask AnnounceAsync(IHandlerSession session, HandlerBatch batch)
    {
        List<LedgerEntry> entries = [];
        HashSet<(string, string, string)> keys = [];
        var now = _time.GetUtcNow();
        foreach (var (item, pump) in batch.Announced)
        {
            // The second delivery of a message must see what became of the first.
            if (item.Event is { } record && keys.Add((pump.Definition.Name, record.Integration, record.KeyText)))
            {
                entries.Add(LedgerEntryOf((Integrations.HandlerDefinition)pump.Definition, item, record, now));
            }
        }

        if (entries.Count > 0)
        {
            batch.IsAnnounced = true;
            await session.AnnounceAsync(entries, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>No more than are likely to end while the transaction lingers, and some for every other session, unless that would be too few to be worth it.</summary>
    private int MostToAnnounce(HandlerBatch batch)
    {
        var most = Math.Min(_database.MaxAnnounced, _database.MaxBatch - batch.Count);
        if (Volatile.Read(ref _toWatch) > 0)
        {
            Interlocked.Decrement(ref _toWatch);
            return 0;
        }

        var share = Math.Max(1 + (_channel.Reader.Count / _database.MaxSessions), batch.Pace.In(Linger / 2));
        return Math.Min(Math.Min(most, batch.Pace.In(Linger)), share);
    }
}
