using System.Text.Json;
using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>Finds the items of a body that become events, in its order, in one pass over the raw bytes.</summary>
/// <remarks>
/// Nothing is left out: an item in which a deeper array is missing or empty is an event itself, and so is a body without any item.
/// What is no array counts as an array of one.
/// </remarks>
internal sealed class JsonItems
{
    private readonly SplitPlan _split;
    private readonly int _most;
    private readonly int _offset;
    private readonly List<JsonItem> _found = [];

    private JsonItems(SplitPlan split, int most, int offset) => (_split, _most, _offset) = (split, most, offset);

    /// <returns><see langword="null"/> if there are more than <paramref name="most"/>.</returns>
    public static IReadOnlyList<JsonItem>? Find(SplitPlan split, ReadOnlySpan<byte> body, int most)
    {
        var json = FieldReader.WithoutByteOrderMark(body);
        var whole = JsonItem.Whole(body.Length);
        var items = new JsonItems(split, most, body.Length - json.Length);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonFieldSet.MaxDepth });
        try
        {
            if (reader.Read())
            {
                items.Walk(ref reader, (1U << split.Paths.Length) - 1, 0, whole);
                while (reader.Read())
                {
                    // Reads to the end, where trailing bytes are found.
                }
            }
        }
        catch (JsonException)
        {
            return [whole];
        }

        return items._found.Count > most ? null : items._found.Count == 0 ? [whole] : items._found;
    }

    private void Walk(ref Utf8JsonReader reader, uint active, int depth, JsonItem parent)
    {
        var each = Where(active, depth, static step => step == JsonPath.Each);
        if (each != 0 && reader.TokenType != JsonTokenType.StartArray)
        {
            Element(ref reader, each, depth + 1, parent);
        }
        else if (each != 0)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                Element(ref reader, each, depth + 1, parent);
            }
        }
        else if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var named = Named(ref reader, active, depth);
                reader.Read();
                if (named == 0)
                {
                    reader.Skip();
                }
                else
                {
                    Walk(ref reader, named, depth + 1, parent);
                }
            }
        }
        else
        {
            reader.Skip();
        }
    }

    private void Element(ref Utf8JsonReader reader, uint active, int depth, JsonItem parent)
    {
        var end = reader;
        end.Skip();
        var first = _split.Paths[System.Numerics.BitOperations.TrailingZeroCount(active)];
        var item = new JsonItem(_offset + (int)reader.TokenStartIndex, _offset + (int)end.BytesConsumed, first.Items(depth), parent);
        var before = _found.Count;
        var deeper = Where(active, depth, static _ => true);
        if (deeper == 0)
        {
            reader = end;
        }
        else
        {
            Walk(ref reader, deeper, depth, item);
        }

        if (_found.Count == before && before <= _most)
        {
            _found.Add(item);
        }
    }

    private uint Named(ref Utf8JsonReader reader, uint active, int depth)
    {
        uint named = 0;
        for (var i = 0; i < _split.Paths.Length; i++)
        {
            if ((active & (1U << i)) != 0 && reader.ValueTextEquals(_split.Paths[i].Steps[depth].Name))
            {
                named |= 1U << i;
            }
        }

        return named;
    }

    /// <summary>The active paths that go on at this depth with such a step.</summary>
    private uint Where(uint active, int depth, Func<JsonStep, bool> holds)
    {
        uint where = 0;
        for (var i = 0; i < _split.Paths.Length; i++)
        {
            if ((active & (1U << i)) != 0 && depth < _split.Paths[i].Steps.Length && holds(_split.Paths[i].Steps[depth]))
            {
                where |= 1U << i;
            }
        }

        return where;
    }
}

/// <summary>A part of the body.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="End">The byte behind it.</param>
/// <param name="Items">The array it stands in, as paths name it; empty for the whole body.</param>
/// <param name="Parent">The item, or the body, around it.</param>
internal sealed record JsonItem(int Start, int End, string Items, JsonItem? Parent)
{
    public static JsonItem Whole(int length) => new(0, length, "", null);
}
