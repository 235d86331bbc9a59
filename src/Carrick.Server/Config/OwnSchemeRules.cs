using System.Globalization;
using Carrick.Signatures;

namespace Carrick.Server.Config;

/// <summary>The rules of a mapping below <c>scheme</c>. The reader of schemes names JSON paths; errors name the line and key that the path leads to.</summary>
internal static class OwnSchemeRules
{
    private const string Remedy = "See 'Your own scheme' in docs/guide/schemes.md for the fields and their values.";

    public static WebhookScheme? Read(ConfigMapping own, ConfigContext context)
    {
        var before = context.ErrorCount;
        var json = ConfigJson.Convert(own, context);
        if (json is null || context.ErrorCount > before)
        {
            return null;
        }

        var errors = new List<string>();
        var scheme = WebhookScheme.ParseOrNull(json.ToJsonString(), errors);
        foreach (var error in errors)
        {
            Report(own, error, context);
        }

        return scheme;
    }

    private static void Report(ConfigMapping own, string error, ConfigContext context)
    {
        var place = Follow(own, error.TrimStart('$'));
        var colon = place.Left.IndexOf(": ", StringComparison.Ordinal);
        var (missing, problem) = (place.Left[..Math.Max(colon, 0)].TrimStart('.'), place.Left[(colon < 0 ? 0 : colon + 2)..]);
        var node = problem == "is unknown" ? place.Key ?? place.Node : place.Node;
        var message = problem switch
        {
            "is missing" => "The key is missing.",
            "is unknown" => "Unknown key.",
            _ => ConfigText.Foreign(node, problem),
        };
        context.Error(node.Line, node.Column, missing.Length == 0 ? node.Path : ConfigText.Join(node.Path, missing), message, Remedy);
    }

    // Keys may hold dots and brackets themselves, so the path is matched with what the document has; what is left names a key that is not there.
    private static (ConfigNode Node, ConfigScalar? Key, string Left) Follow(ConfigNode node, string rest)
    {
        ConfigScalar? key = null;
        while (Step(node, rest) is { } step)
        {
            (node, key, rest) = (step.Node, step.Key, rest[step.Length..]);
        }

        return (node, key, rest);
    }

    private static (ConfigNode Node, ConfigScalar? Key, int Length)? Step(ConfigNode node, string rest)
    {
        if (node is ConfigMapping mapping && rest.StartsWith('.'))
        {
            var entry = mapping.Entries.Where(entry => Leads(rest, entry.Key.Text)).MaxBy(entry => entry.Key.Text.Length);
            return entry is null ? null : (entry.Value, entry.Key, entry.Key.Text.Length + 1);
        }

        var end = rest.IndexOf(']', StringComparison.Ordinal);
        return node is ConfigList list && rest.StartsWith('[') && end > 0
            && int.TryParse(rest.AsSpan(1, end - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < list.Items.Count
            ? (list.Items[index], null, end + 1)
            : null;
    }

    private static bool Leads(string rest, string key) =>
        rest.AsSpan(1).StartsWith(key, StringComparison.Ordinal) && rest.Length > key.Length + 1 && rest[key.Length + 1] is ('.' or '[' or ':');
}
