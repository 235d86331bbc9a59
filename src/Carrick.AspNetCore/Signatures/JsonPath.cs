using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Carrick.Signatures;

/// <summary>Reads paths such as <c>json.data.items[0].id</c> and <c>json.entry[].changes[]</c>.</summary>
internal static class JsonPath
{
    public const string EachText = "[]";

    private const string Root = "json";

    /// <summary>Stands for the items of an array, one after another.</summary>
    public static JsonStep Each { get; } = new([], -2);

    public static ImmutableArray<JsonStep>? TryParse(string text)
    {
        var steps = ImmutableArray.CreateBuilder<JsonStep>();
        var parts = text.Split('.');
        for (var i = 0; i < parts.Length; i++)
        {
            var bracket = parts[i].IndexOf('[', StringComparison.Ordinal);
            var name = bracket < 0 ? parts[i] : parts[i][..bracket];
            if (name.Length == 0 || (i == 0 && name != Root))
            {
                return null;
            }

            if (i > 0)
            {
                steps.Add(new JsonStep(Encoding.UTF8.GetBytes(name), -1));
            }

            if (bracket >= 0)
            {
                if (Item(parts[i][bracket..]) is not { } item)
                {
                    return null;
                }

                steps.Add(item);
            }
        }

        return steps.Count <= JsonFieldSet.MaxDepth ? steps.ToImmutable() : null;
    }

    private static JsonStep? Item(string text)
    {
        if (text == EachText)
        {
            return Each;
        }

        return text.EndsWith(']') && int.TryParse(text.AsSpan(1, text.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? new JsonStep([], index)
            : null;
    }
}

/// <summary>One step of a JSON path: a property name, an index of an array, or each item of it.</summary>
internal sealed record JsonStep(byte[] Name, int Index);
