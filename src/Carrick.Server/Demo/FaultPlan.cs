using System.Buffers.Binary;
using System.Collections.Concurrent;

namespace Carrick.Server.Demo;

/// <summary>Decides how the customer's server answers; the bytes of an event decide its fate, so that a seed repeats it. Thread-safe.</summary>
internal sealed class FaultPlan
{
    /// <summary>The endpoint that answers 410.</summary>
    public const string GoneEndpoint = "old-shop";

    private const int MostThrottled = 3;

    private readonly ConcurrentDictionary<DeliveryKey, bool> _failedOnce = new();
    private int _throttled;

    public bool Mended { get; set; }

    public Fault Choose(DeliveryKey key, ReadOnlySpan<byte> bodyHash)
    {
        if (Mended)
        {
            return Fault.None;
        }

        if (key.Endpoint == GoneEndpoint)
        {
            return Fault.Gone;
        }

        // Per mille of the events: the first three fail until the server is mended, the others once.
        return (BinaryPrimitives.ReadUInt32BigEndian(bodyHash) % 1_000) switch
        {
            < 12 => Fault.ServerError,
            < 18 => Fault.Reset,
            < 20 => Fault.Hang,
            < 50 => Once(key, Fault.ServerError),
            < 60 => Once(key, Fault.Reset),
            < 63 => Once(key, Fault.Hang),
            < 73 when Interlocked.Increment(ref _throttled) <= MostThrottled => Once(key, Fault.Throttle),
            _ => Fault.None,
        };
    }

    private Fault Once(DeliveryKey key, Fault fault) => _failedOnce.TryAdd(key, true) ? fault : Fault.None;
}

/// <summary>The ways in which an endpoint answers.</summary>
internal enum Fault
{
    /// <summary>200.</summary>
    None,

    /// <summary>500.</summary>
    ServerError,

    /// <summary>No answer.</summary>
    Hang,

    /// <summary>The connection is reset.</summary>
    Reset,

    /// <summary>429 with <c>Retry-After</c>.</summary>
    Throttle,

    /// <summary>410.</summary>
    Gone,
}
