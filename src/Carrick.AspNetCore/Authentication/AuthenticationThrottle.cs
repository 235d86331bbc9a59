using System.Net;
using Carrick.Transport;

namespace Carrick.Authentication;

/// <summary>Counts failed authentications per remote address: a token bucket each, in bounded memory. It slows guesses only; a key that is right never waits. Thread-safe.</summary>
/// <param name="time">The clock.</param>
internal sealed class AuthenticationThrottle(TimeProvider time)
{
    /// <summary>Failures that an address may make at once.</summary>
    public const int Burst = 20;

    /// <summary>The time in which one more failure is allowed.</summary>
    public static readonly TimeSpan Refill = TimeSpan.FromSeconds(3);

    internal const int MaxAddresses = 8_192;

    // Shared by all addresses for which there is no room: many attackers slow each other, memory stays bounded.
    private static readonly UInt128 Others = UInt128.MaxValue;

    // Address -> when its bucket is full again, and whether it was told that it is slowed.
    private readonly Dictionary<UInt128, Bucket> _buckets = [];
    private readonly Lock _lock = new();
    private DateTimeOffset _cleanedAt = DateTimeOffset.MinValue;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _buckets.Count;
            }
        }
    }

    /// <summary>How long the address must wait; zero if it need not.</summary>
    public TimeSpan Wait(IPAddress? address)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            return _buckets.TryGetValue(Slot(AddressKey.Of(address), now), out var bucket) ? WaitFrom(bucket.FullAt, now) : TimeSpan.Zero;
        }
    }

    /// <summary>Counts a failure.</summary>
    /// <returns>Whether the address is slowed from now on: once, until its bucket has been full again.</returns>
    public bool Fail(IPAddress? address)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var slot = Slot(AddressKey.Of(address), now);
            var bucket = _buckets.GetValueOrDefault(slot);
            bucket = bucket.FullAt <= now ? new Bucket(now, false) : bucket;
            var fullAt = bucket.FullAt + Refill;
            var slowed = WaitFrom(fullAt, now) > TimeSpan.Zero;
            _buckets[slot] = new Bucket(fullAt, slowed || bucket.Told);
            return slowed && !bucket.Told;
        }
    }

    private static TimeSpan WaitFrom(DateTimeOffset fullAt, DateTimeOffset now)
    {
        var wait = fullAt - now - (Refill * (Burst - 1));
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    private UInt128 Slot(UInt128 key, DateTimeOffset now)
    {
        if (_buckets.ContainsKey(key) || _buckets.Count < MaxAddresses)
        {
            return key;
        }

        // Not at every request: a stranger must not buy a search through the table with each.
        if (now - _cleanedAt >= Refill)
        {
            _cleanedAt = now;
            foreach (var (address, bucket) in _buckets)
            {
                if (bucket.FullAt <= now)
                {
                    _buckets.Remove(address);
                }
            }
        }

        return _buckets.Count < MaxAddresses ? key : Others;
    }

    private readonly record struct Bucket(DateTimeOffset FullAt, bool Told);
}
