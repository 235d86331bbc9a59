using System.Buffers.Binary;

namespace Carrick;

/// <summary>A 128-bit, time-ordered id (UUIDv7, RFC 9562). Ids made by one store are in order of commit.</summary>
/// <param name="High">48 bits of Unix milliseconds, the version, a 12-bit counter.</param>
/// <param name="Low">The variant and 62 bits that name the store that made the id.</param>
public readonly record struct RecordId(ulong High, ulong Low) : IComparable<RecordId>
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int TextLength = 26;

    /// <summary>The id without a value.</summary>
    public static RecordId None => default;

    /// <summary>The 60 bits that order ids of one store: milliseconds and counter. Positive; fits an SQLite rowid.</summary>
    public long Key => (long)(((High >> 16) << 12) | (High & 0xFFF));

    /// <summary>When the id was made, to the millisecond.</summary>
    public DateTimeOffset CreatedAt => DateTimeOffset.FromUnixTimeMilliseconds((long)(High >> 16));

    /// <summary>Makes the id that has <paramref name="key"/> in the store named by <paramref name="low"/>.</summary>
    public static RecordId FromKey(long key, ulong low) =>
        new(((ulong)(key >> 12) << 16) | 0x7000 | ((ulong)key & 0xFFF), low);

    /// <summary>The public form: a prefix, an underscore and 26 Crockford base32 characters.</summary>
    /// <param name="prefix">One of <see cref="IdPrefix"/>.</param>
    public string ToString(string prefix) => string.Create(prefix.Length + 1 + TextLength, (this, prefix), static (span, state) =>
    {
        state.prefix.CopyTo(span);
        span[state.prefix.Length] = '_';
        var value = new UInt128(state.Item1.High, state.Item1.Low);
        for (var i = span.Length - 1; i > state.prefix.Length; i--)
        {
            span[i] = Alphabet[(int)(value & 31)];
            value >>= 5;
        }
    });

    /// <inheritdoc/>
    public override string ToString() => ToString("id");

    /// <summary>Reads the public form; upper and lower case are the same, <c>I L O</c> are read as <c>1 1 0</c>.</summary>
    /// <returns><see langword="false"/> if the prefix is another one or the text is no id.</returns>
    public static bool TryParse(string? text, string prefix, out RecordId id)
    {
        id = default;
        if (text is null || text.Length != prefix.Length + 1 + TextLength
            || !text.StartsWith(prefix, StringComparison.Ordinal) || text[prefix.Length] != '_')
        {
            return false;
        }

        UInt128 value = 0;
        for (var i = prefix.Length + 1; i < text.Length; i++)
        {
            var digit = Digit(text[i]);
            if (digit < 0 || (i == prefix.Length + 1 && digit > 7))
            {
                return false;
            }

            value = (value << 5) | (uint)digit;
        }

        id = new RecordId((ulong)(value >> 64), (ulong)value);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(RecordId other) => High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);

    /// <summary>Writes the 16 bytes in network order.</summary>
    public void WriteBytes(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    /// <summary>Whether the first id is older.</summary>
    public static bool operator <(RecordId left, RecordId right) => left.CompareTo(right) < 0;

    /// <summary>Whether the first id is newer.</summary>
    public static bool operator >(RecordId left, RecordId right) => left.CompareTo(right) > 0;

    /// <summary>Whether the first id is older or the same.</summary>
    public static bool operator <=(RecordId left, RecordId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the first id is newer or the same.</summary>
    public static bool operator >=(RecordId left, RecordId right) => left.CompareTo(right) >= 0;

    private static int Digit(char c) => char.ToUpperInvariant(c) switch
    {
        'O' => 0,
        'I' or 'L' => 1,
        var upper => Alphabet.IndexOf(upper, StringComparison.Ordinal),
    };
}
