using System.Buffers.Binary;

namespace Carrick.Storage.Search;

/// <summary>
/// A split block Bloom filter: says of a hash that it was surely not added, or perhaps. Each hash sets eight bits in one line of 32 bytes,
/// so that a look-up needs that line only, which a database can cut out. Source: Apache Parquet, BloomFilter.md; stored, so it never changes.
/// </summary>
internal static class BloomFilter
{
    /// <summary>Bytes of a line.</summary>
    public const int LineSize = 32;

    // About one look-up in 2,000 finds what is not there.
    private const int BitsPerHash = 20;

    private static ReadOnlySpan<uint> Salts =>
        [0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31];

    /// <summary>A filter of these hashes; one line at least.</summary>
    public static byte[] Make(IReadOnlyCollection<ulong> hashes)
    {
        var lines = Math.Max(1, ((hashes.Count * BitsPerHash) + (LineSize * 8) - 1) / (LineSize * 8));
        var filter = new byte[lines * LineSize];
        foreach (var hash in hashes)
        {
            Add(filter.AsSpan(LineOf(hash, lines) * LineSize, LineSize), (uint)hash);
        }

        return filter;
    }

    /// <summary>The half of a hash that chooses the line: of n lines, number <c>(half * n) &gt;&gt; 32</c>.</summary>
    public static long LineHalf(ulong hash) => (long)(hash >> 32);

    /// <summary>Whether a hash may be in the filter.</summary>
    /// <param name="line">The line of the hash.</param>
    /// <param name="hash">The hash.</param>
    public static bool MayContain(ReadOnlySpan<byte> line, ulong hash)
    {
        for (var lane = 0; lane < Salts.Length; lane++)
        {
            var bit = 1u << (int)(((uint)hash * Salts[lane]) >> 27);
            if ((BinaryPrimitives.ReadUInt32LittleEndian(line[(lane * sizeof(uint))..]) & bit) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The line of a hash in a whole filter.</summary>
    public static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> filter, ulong hash) =>
        filter.Slice(LineOf(hash, filter.Length / LineSize) * LineSize, LineSize);

    private static int LineOf(ulong hash, int lines) => (int)((LineHalf(hash) * lines) >> 32);

    private static void Add(Span<byte> line, uint half)
    {
        for (var lane = 0; lane < Salts.Length; lane++)
        {
            var place = line[(lane * sizeof(uint))..];
            BinaryPrimitives.WriteUInt32LittleEndian(place, BinaryPrimitives.ReadUInt32LittleEndian(place) | (1u << (int)((half * Salts[lane]) >> 27)));
        }
    }
}
