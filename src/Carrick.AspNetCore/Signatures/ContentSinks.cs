using System.Buffers;
using System.Security.Cryptography;

namespace Carrick.Signatures;

/// <summary>Takes signed content piece by piece.</summary>
internal interface IContentSink
{
    void Append(ReadOnlySpan<byte> bytes);
}

/// <summary>Feeds a hash or a MAC.</summary>
internal readonly struct HashSink(IncrementalHash hash) : IContentSink
{
    public void Append(ReadOnlySpan<byte> bytes) => hash.AppendData(bytes);
}

/// <summary>Collects the content in a pooled buffer, for algorithms that want it whole.</summary>
internal struct BufferSink(ArrayPool<byte> pool) : IContentSink, IDisposable
{
    private byte[] _buffer = pool.Rent(4096);
    private int _length;

    public readonly ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _length < bytes.Length)
        {
            var larger = pool.Rent(Math.Max(_buffer.Length * 2, _length + bytes.Length));
            Written.CopyTo(larger);
            pool.Return(_buffer);
            _buffer = larger;
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    public readonly void Dispose() => pool.Return(_buffer);
}
