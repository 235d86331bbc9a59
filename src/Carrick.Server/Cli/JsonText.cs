using System.Text.Json;

namespace Carrick.Server.Cli;

/// <summary>Reads fields of answers as text. Pure.</summary>
internal static class JsonText
{
    /// <summary>The field at a path as text; <c>-</c> if there is none.</summary>
    public static string At(JsonElement element, string path)
    {
        foreach (var name in path.Split('.'))
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return "-";
            }
        }

        return Plain(element);
    }

    /// <summary>A value as text.</summary>
    public static string Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => "-",
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(Plain)),
        _ => value.GetRawText(),
    };

    /// <summary>The fields of an object, those of inner objects with dots.</summary>
    public static IEnumerable<(string Name, JsonElement Value)> Flatten(JsonElement element, string prefix = "")
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            yield break;
        }

        foreach (var property in element.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var inner in Flatten(property.Value, prefix + property.Name + "."))
                {
                    yield return inner;
                }
            }
            else
            {
                yield return (prefix + property.Name, property.Value);
            }
        }
    }
}
