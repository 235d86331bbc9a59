using System.Buffers;
using System.Globalization;
using System.Text;

namespace Carrick.Signatures;

/// <summary>The fields of an <c>application/x-www-form-urlencoded</c> body, decoded into pooled buffers. Not thread-safe; dispose it once.</summary>
internal sealed class FormFields : IDisposable
{
    /// <summary>The most fields; a body with more is refused before it is sorted.</summary>
    public const int MaxFields = 10_000;

    private readonly byte[] _buffer;
    private Field[] _fields = ArrayPool<Field>.Shared.Rent(64);
    private int _count;
    private int _length;
    private bool _sorted;

    private FormFields(int size) => _buffer = ArrayPool<byte>.Shared.Rent(size);

    /// <summary>The number of fields.</summary>
    public int Count => _count;

    /// <returns><see langword="null"/> if there are too many fields.</returns>
    public static FormFields? TryRead(ReadOnlySpan<byte> body)
    {
        var form = new FormFields(Math.Max(body.Length, 16));
        foreach (var range in body.Split((byte)'&'))
        {
            var pair = body[range];
            if (pair.IsEmpty)
            {
                continue;
            }

            if (form._count == MaxFields)
            {
                form.Dispose();
                return null;
            }

            var equals = pair.IndexOf((byte)'=');
            var name = form.Decode(equals < 0 ? pair : pair[..equals]);
            var value = form.Decode(equals < 0 ? [] : pair[(equals + 1)..]);
            form.Add(new Field(name.Start, name.Length, value.Start, value.Length));
        }

        return form;
    }

    /// <summary>The first value of a field as text, or <see langword="null"/>. Read before <see cref="WriteSorted"/> changes the order.</summary>
    public string? Value(string name)
    {
        var wanted = Encoding.UTF8.GetBytes(name);
        foreach (var field in Fields)
        {
            if (Name(field).SequenceEqual(wanted))
            {
                return Encoding.UTF8.GetString(Value(field));
            }
        }

        return null;
    }

    /// <summary>Writes name and value of every field in the order of their bytes; a pair that is there twice is written once.</summary>
    public void WriteSorted<TSink>(ref TSink sink)
        where TSink : IContentSink
    {
        if (!_sorted)
        {
            Fields.Sort(Compare);
            _sorted = true;
        }

        for (var i = 0; i < _count; i++)
        {
            if (i > 0 && Compare(_fields[i - 1], _fields[i]) == 0)
            {
                continue;
            }

            sink.Append(Name(_fields[i]));
            sink.Append(Value(_fields[i]));
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        ArrayPool<Field>.Shared.Return(_fields);
    }

    private Span<Field> Fields => _fields.AsSpan(0, _count);

    private void Add(Field field)
    {
        if (_count == _fields.Length)
        {
            var larger = ArrayPool<Field>.Shared.Rent(2 * _count);
            Fields.CopyTo(larger);
            ArrayPool<Field>.Shared.Return(_fields);
            _fields = larger;
        }

        _fields[_count++] = field;
    }

    private int Compare(Field left, Field right) => Name(left).SequenceCompareTo(Name(right)) is var names && names != 0
        ? names
        : Value(left).SequenceCompareTo(Value(right));

    private ReadOnlySpan<byte> Name(Field field) => _buffer.AsSpan(field.NameStart, field.NameLength);

    private ReadOnlySpan<byte> Value(Field field) => _buffer.AsSpan(field.ValueStart, field.ValueLength);

    private (int Start, int Length) Decode(ReadOnlySpan<byte> text)
    {
        var start = _length;
        for (var i = 0; i < text.Length; i++)
        {
            var value = text[i] == '+' ? (byte)' ' : text[i];
            if (value == '%' && i + 2 < text.Length && byte.TryParse(text.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                value = code;
                i += 2;
            }

            _buffer[_length++] = value;
        }

        return (start, _length - start);
    }

    private readonly record struct Field(int NameStart, int NameLength, int ValueStart, int ValueLength);
}
