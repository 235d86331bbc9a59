using System.Text.Json;
using Carrick.Signatures;

namespace Carrick.Receiving;

/// <summary>Finds where the items of a JSON array stand in the raw bytes.</summary>
internal static class JsonItems
{
    /// <summary>The most items that become events of their own; a longer array stays one event.</summary>
    public const int MaxItems = 1_000;

    /// <returns><see langword="null"/> if the bytes are no array, or one that is empty or too long.</returns>
    public static List<Range>? TryFind(ReadOnlySpan<byte> json)
    {
        var items = new List<Range>();
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = JsonFieldSet.MaxDepth });
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                items.Add(start..(int)reader.BytesConsumed);
                if (items.Count > MaxItems)
                {
                    return null;
                }
            }

            return !reader.Read() && items.Count > 0 ? items : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
