namespace Carrick.Shards;

/// <summary>
/// Whether this node may trust that it still has its shards. A machine that was paused goes on as if no time had passed: its monotonic clock may not count the pause, the process sees no
/// gap, and another node may have its shards by now. So both clocks must agree that the lease lasts, and somebody must have looked at them all the while. Whatever speaks against it
/// costs one renewal, no more. Thread-safe.
/// </summary>
internal sealed class Lease(TimeProvider time)
{
    /// <summary>How far the clocks may part between two renewals: more than a clock that is adjusted by slewing, much less than a lease.</summary>
    public static readonly TimeSpan MostDrift = TimeSpan.FromSeconds(1);

    // Of a lease of 8 s, the time after which others may take this node for dead because its session is gone.
    private const double LongestGap = 3 / 8.0;

    private readonly Lock _gate = new();
    private (long Stamp, DateTimeOffset Wall) _asked;
    private (long Stamp, DateTimeOffset Wall) _renewed;
    private long _looked;
    private long _trustedFrom;
    private TimeSpan _lasts;

    // Without one, as in a store that is not shared, no question costs anything.
    private volatile bool _exists;

    /// <summary>
    /// Whether nobody can have taken the shards over yet. A process that was suspended, or cut off from its store, starts nothing of them before it has
    /// renewed its lease: another node may be at it, and would see two at once, or an older event after a newer. Always so without a lease.
    /// </summary>
    public bool IsCurrent
    {
        get
        {
            if (!_exists)
            {
                return true;
            }

            lock (_gate)
            {
                return Look();
            }
        }
    }

    /// <summary>The store is about to be asked for a renewal.</summary>
    /// <returns>When, for <see cref="Renewed"/>.</returns>
    public long Ask()
    {
        lock (_gate)
        {
            if (_exists)
            {
                // A gap that ends here is before the question.
                Look();
            }

            _asked = (time.GetTimestamp(), time.GetUtcNow());
            return _asked.Stamp;
        }
    }

    /// <summary>The store has renewed the lease.</summary>
    /// <param name="asked">What <see cref="Ask"/> gave, or a time stamp from before the store was asked.</param>
    /// <param name="lasts">How long it lasts from then on.</param>
    public void Renewed(long asked, TimeSpan lasts)
    {
        lock (_gate)
        {
            _renewed = asked == _asked.Stamp ? _asked : (asked, time.GetUtcNow() - time.GetElapsedTime(asked));
            _lasts = lasts;
            if (!_exists)
            {
                (_looked, _exists) = (time.GetTimestamp(), true);
            }
        }
    }

    private bool Look()
    {
        var now = time.GetTimestamp();
        var gap = time.GetElapsedTime(_looked, now);
        _looked = now;
        if (gap > _lasts * LongestGap)
        {
            _trustedFrom = now;
        }

        var passed = time.GetElapsedTime(_renewed.Stamp, now);
        var passedOnWall = time.GetUtcNow() - _renewed.Wall;
        return _renewed.Stamp >= _trustedFrom && passed < _lasts && passedOnWall < _lasts && (passedOnWall - passed).Duration() <= MostDrift;
    }
}
