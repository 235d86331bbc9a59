using System.Globalization;
using System.Text.Json.Nodes;

namespace Carrick.Server.Config;

/// <summary>Turns a part of the document into JSON, with its variables filled in.</summary>
internal static class ConfigJson
{
    /// <returns><see langword="null"/> after an error, and for an empty value.</returns>
    public static JsonNode? Convert(ConfigNode node, ConfigContext context) => node switch
    {
        ConfigMapping mapping => new JsonObject(mapping.Entries.Select(entry => KeyValuePair.Create(entry.Key.Text, Convert(entry.Value, context)))),
        ConfigList list => new JsonArray([.. list.Items.Select(item => Convert(item, context))]),
        ConfigScalar scalar => Scalar(scalar, context),
        _ => throw new InvalidOperationException($"There is no JSON for {node.Kind}."),
    };

    private static JsonValue? Scalar(ConfigScalar scalar, ConfigContext context)
    {
        if (scalar.IsNull || context.Expand(scalar) is not { } text)
        {
            return null;
        }

        return scalar.Quoted ? JsonValue.Create(text)
            : text is "true" or "false" ? JsonValue.Create(text == "true")
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number)
            : JsonValue.Create(text);
    }
}
