using System.Buffers.Binary;
using System.Net;

namespace Carrick.Authentication;

/// <summary>Counts failed authentications per remote address: a token bucket each, in bounded memory. Thread-safe.</summary>
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

    // Address -> when its bucket is full again.
    private readonly Dictionary<UInt128, DateTimeOffset> _fullAt = [];
    private readonly Lock _lock = new();

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _fullAt.Count;
            }
        }
    }

    /// <summary>How long the address must wait; zero if it need not.</summary>
    public TimeSpan Wait(IPAddress? address)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            return WaitFrom(_fullAt.GetValueOrDefault(Slot(Key(address), now), now), now);
        }
    }

    /// <summary>Counts a failure.</summary>
    /// <returns>Whether it used up what was left.</returns>
    public bool Fail(IPAddress? address)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var slot = Slot(Key(address), now);
            var fullAt = _fullAt.GetValueOrDefault(slot, now);
            var before = WaitFrom(fullAt, now);
            var after = (fullAt < now ? now : fullAt) + Refill;
            _fullAt[slot] = after;
            return before == TimeSpan.Zero && WaitFrom(after, now) > TimeSpan.Zero;
        }
    }

    private static TimeSpan WaitFrom(DateTimeOffset fullAt, DateTimeOffset now)
    {
        var wait = fullAt - now - (Refill * (Burst - 1));
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    private UInt128 Slot(UInt128 key, DateTimeOffset now)
    {
        if (_fullAt.ContainsKey(key) || _fullAt.Count < MaxAddresses)
        {
            return key;
        }

        foreach (var (address, fullAt) in _fullAt)
        {
            if (fullAt <= now)
            {
                _fullAt.Remove(address);
            }
        }

        return _fullAt.Count < MaxAddresses ? key : Others;
    }

    // IPv6 by /64: a subscriber has that many addresses.
    private static UInt128 Key(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.MapToIPv6().TryWriteBytes(bytes, out _))
        {
            return 0;
        }

        var value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return address.IsIPv4MappedToIPv6 || address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? value : value >> 64 << 64;
    }
}
