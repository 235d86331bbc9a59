using Carrick.Delivery;

namespace Carrick.Server.Config;

/// <summary>The rules of <c>headers</c>: RFC 9110 tokens as names, visible ASCII as values, none that HTTP or signing needs for itself. Values are never shown.</summary>
internal static class HeaderRules
{
    private const int MaxHeaders = 50;
    private const int MaxLength = 4_096;

    public static IReadOnlyList<KeyValuePair<string, string>> Read(ConfigSection section, ConfigContext context)
    {
        var headers = section.Pairs("headers");
        if (headers.Count > MaxHeaders)
        {
            section.Error("headers", "There are more than 50 headers.", "Remove some.");
        }

        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, (node, value)) in headers)
        {
            if (EndpointHeaders.Check(name, "") is { } wrong)
            {
                context.Error(node, $"{char.ToUpperInvariant(wrong[0])}{wrong[1..]}.", "Use another header.");
            }
            else if (!seen.Add(name))
            {
                context.Error(node, "The header stands twice in other letter case.", "Keep one of them.");
            }

            if (value.Length > MaxLength || value.Any(c => c is not '\t' and (< ' ' or > '~')))
            {
                context.Error(node, "The header's value is not visible ASCII, or longer than 4096 characters.", "Remove line breaks and special characters.");
            }
        }

        return [.. headers.Select(header => KeyValuePair.Create(header.Key, header.Value.Text))];
    }
}
