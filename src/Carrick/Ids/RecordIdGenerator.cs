namespace Carrick;

/// <summary>Makes ids that only grow, also when the clock steps back or more than 4,096 are asked for in a millisecond.</summary>
/// <remarks>Thread-safe. RFC 9562 section 6.2, method 1: a counter of fixed length that spills into the next millisecond.</remarks>
/// <param name="time">The clock.</param>
/// <param name="low">The low half of every id; names the store.</param>
/// <param name="after">The <see cref="RecordId.Key"/> of the newest id that the store has, or 0.</param>
public sealed class RecordIdGenerator(TimeProvider time, ulong low, long after)
{
    private long _last = after;

    /// <summary>The <see cref="RecordId.Key"/> of the newest id made or seen.</summary>
    internal long Last => Volatile.Read(ref _last);

    /// <summary>Goes on behind an id that another generator of the same store has made.</summary>
    internal void Advance(long key)
    {
        for (var last = Volatile.Read(ref _last); last < key;)
        {
            var seen = Interlocked.CompareExchange(ref _last, key, last);
            if (seen == last)
            {
                return;
            }

            last = seen;
        }
    }

    /// <summary>The next id; its <see cref="RecordId.Key"/> is greater than that of every id before.</summary>
    public RecordId Next()
    {
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(last + 1, time.GetUtcNow().ToUnixTimeMilliseconds() << 12);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return RecordId.FromKey(next, low);
            }
        }
    }
}
