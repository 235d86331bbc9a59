using System.Collections.Immutable;
using System.Text.Json;

namespace Carrick.Signatures;

/// <summary>Reads the scalars at a few JSON paths in one pass over raw bytes, without building a document. Of duplicate names the last wins, as in System.Text.Json.</summary>
internal sealed class JsonFieldSet
{
    /// <summary>The deepest document and the longest path.</summary>
    public const int MaxDepth = 64;

    /// <summary>The most paths.</summary>
    public const int MaxPaths = 64;

    private const int LongestValue = 255 * 6;
    private readonly ImmutableArray<ImmutableArray<JsonStep>> _paths;

    public JsonFieldSet(ImmutableArray<ImmutableArray<JsonStep>> paths)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(paths.Length, MaxPaths);
        _paths = paths;
    }

    public int Count => _paths.Length;

    /// <summary>Fills one value per path; absent, null and container values stay <see langword="null"/>.</summary>
    /// <returns><see langword="false"/> if the bytes are not JSON or nested deeper than <see cref="MaxDepth"/>; then all values are <see langword="null"/>.</returns>
    public bool TryRead(ReadOnlySpan<byte> json, Span<FieldValue?> values)
    {
        values.Clear();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            if (!reader.Read())
            {
                return false;
            }

            Value(ref reader, _paths.Length == MaxPaths ? ulong.MaxValue : (1UL << _paths.Length) - 1, 0, values);
            while (reader.Read())
            {
                // Reads to the end, where trailing bytes are found.
            }

            return true;
        }
        catch (JsonException)
        {
            values.Clear();
            return false;
        }
    }

    private void Value(ref Utf8JsonReader reader, ulong active, int depth, Span<FieldValue?> values)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var matching = Matching(ref reader, active, depth);
                    reader.Read();
                    Enter(ref reader, matching, depth + 1, values);
                }

                break;
            case JsonTokenType.StartArray:
                for (var index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
                {
                    Enter(ref reader, At(index, active, depth), depth + 1, values);
                }

                break;
            default:
                Store(ref reader, active, depth, values);
                break;
        }
    }

    private void Enter(ref Utf8JsonReader reader, ulong active, int depth, Span<FieldValue?> values)
    {
        if (active == 0)
        {
            reader.Skip();
        }
        else
        {
            Value(ref reader, active, depth, values);
        }
    }

    private ulong Matching(ref Utf8JsonReader reader, ulong active, int depth)
    {
        ulong matching = 0;
        for (var i = 0; i < _paths.Length; i++)
        {
            if ((active & (1UL << i)) != 0 && depth < _paths[i].Length && _paths[i][depth] is { Index: -1 } step && reader.ValueTextEquals(step.Name))
            {
                matching |= 1UL << i;
            }
        }

        return matching;
    }

    private ulong At(int index, ulong active, int depth)
    {
        ulong matching = 0;
        for (var i = 0; i < _paths.Length; i++)
        {
            if ((active & (1UL << i)) != 0 && depth < _paths[i].Length && _paths[i][depth].Index == index)
            {
                matching |= 1UL << i;
            }
        }

        return matching;
    }

    private void Store(ref Utf8JsonReader reader, ulong active, int depth, Span<FieldValue?> values)
    {
        FieldValue? text = null;
        var read = false;
        for (var i = 0; i < _paths.Length; i++)
        {
            if ((active & (1UL << i)) != 0 && depth == _paths[i].Length)
            {
                text = read ? text : Text(ref reader);
                read = true;
                values[i] = text;
            }
        }
    }

    private static FieldValue? Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        var raw = reader.ValueSpan;
        if (raw.Length > LongestValue)
        {
            return FieldValue.HashOf(raw);
        }

        if (reader.TokenType != JsonTokenType.String)
        {
            return new FieldValue(System.Text.Encoding.ASCII.GetString(raw));
        }

        try
        {
            return new FieldValue(reader.GetString()!);
        }
        catch (InvalidOperationException)
        {
            // The text is no valid Unicode (a lone surrogate, broken UTF-8): its bytes still name it.
            return FieldValue.HashOf(raw);
        }
    }
}

/// <summary>The value of a field.</summary>
/// <param name="Text">Its text, or the hash of a text that is too long or no Unicode.</param>
/// <param name="Hashed">Whether it is a hash: good for an id, not for reading.</param>
internal readonly record struct FieldValue(string Text, bool Hashed = false)
{
    public static FieldValue HashOf(ReadOnlySpan<byte> raw) => new(FieldText.HashOf(raw), Hashed: true);
}
