using System.Buffers;
using System.Numerics;

namespace Carrick.Receiving;

/// <summary>A body that comes in pieces: pooled chunks of at most twice the bytes that came, each reserved before it is taken. Not thread-safe.</summary>
internal sealed class BodyChunks(InFlightBytes inFlight, IntegrationShare integration, InFlightShare address) : IDisposable
{
    private const int Smallest = 1024;
    private const int Largest = 64 * 1024;
    private readonly List<byte[]> _chunks = [];
    private long _capacity;
    private bool _taken;

    /// <summary>The bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>Keeps a copy.</summary>
    /// <returns><see langword="false"/> if there is no memory for it.</returns>
    public bool TryAppend(in ReadOnlySequence<byte> bytes)
    {
        var left = bytes.Length;
        foreach (var memory in bytes)
        {
            var span = memory.Span;
            while (!span.IsEmpty)
            {
                if (Length == _capacity && !TryGrow(left))
                {
                    return false;
                }

                var chunk = _chunks[^1];
                var room = (int)(_capacity - Length);
                var copied = Math.Min(room, span.Length);
                span[..copied].CopyTo(chunk.AsSpan(chunk.Length - room));
                span = span[copied..];
                Length += copied;
                left -= copied;
            }
        }

        return true;
    }

    /// <summary>The whole body as an array of its own; what it holds stays reserved, and is to be released with <paramref name="share"/>.</summary>
    public byte[] Take(out InFlightShare share)
    {
        var body = GC.AllocateUninitializedArray<byte>((int)Length);
        var at = 0;
        foreach (var chunk in _chunks)
        {
            var used = Math.Min(chunk.Length, body.Length - at);
            chunk.AsSpan(0, used).CopyTo(body.AsSpan(at));
            at += used;
        }

        (_taken, share) = (true, address);
        return body;
    }

    /// <summary>Gives back the chunks, and what is reserved beyond the body that was taken.</summary>
    public void Dispose()
    {
        _chunks.ForEach(chunk => ArrayPool<byte>.Shared.Return(chunk));
        _chunks.Clear();
        inFlight.Release(integration, address, _taken ? _capacity - Length : _capacity);
        if (!_taken)
        {
            inFlight.LeaveAddress(address);
        }
    }

    private bool TryGrow(long coming)
    {
        var size = (int)Math.Clamp((long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(Length, coming)), Smallest, Largest);
        if (!inFlight.TryReserve(integration, address, size))
        {
            return false;
        }

        // The pool gives exactly what is asked for at powers of two.
        _chunks.Add(ArrayPool<byte>.Shared.Rent(size));
        _capacity += size;
        return true;
    }
}
