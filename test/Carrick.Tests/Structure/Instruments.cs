using System.Text.RegularExpressions;

namespace Carrick.Tests.Structure;

/// <summary>Reads the instruments and their tags from source text. An instrument's name, unit and tag keys are literals, so that they can be read.</summary>
internal static partial class Instruments
{
    /// <summary>One line per instrument, and one with the tag keys of the file; or the place where a name or a unit is not a literal.</summary>
    public static IEnumerable<string> Of(string path, string text)
    {
        var creations = Create().Matches(text);
        foreach (Match match in creations)
        {
            var (kind, type) = (match.Groups["kind"].Value, match.Groups["type"].Value);
            var arguments = Literals().Match(text, match.Index + match.Length);
            yield return arguments.Success
                ? $"{arguments.Groups["name"].Value} {kind}<{type}> {arguments.Groups["unit"].Value}"
                : $"{path}: {kind} without a literal name and unit";
        }

        var tags = TagKey().Matches(text).Select(match => match.Groups["key"].Value).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (creations.Count > 0 && tags.Length > 0)
        {
            yield return $"tags of {path}: {string.Join(", ", tags)}";
        }
    }

    [GeneratedRegex(@"\.Create(?<kind>(?:Observable)?(?:Counter|UpDownCounter|Gauge)|Histogram)(?:<(?<type>\w+)>)?\(\s*")]
    private static partial Regex Create();

    // Observable instruments have the callback between the name and the unit; a callback in one of our files is a name, a call or a lambda.
    [GeneratedRegex("""\G(?:name:\s*)?"(?<name>[^"]+)",\s*(?:[^";]*?,\s*)?(?:unit:\s*)?"(?<unit>[^"]+)" """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Literals();

    [GeneratedRegex("""(?:KeyValuePair<string,\s*object\?>\(|\bnew\(|\.Add\(|\{\s*|\bTag\()"(?<key>[a-z][a-z0-9_.]*)",""")]
    private static partial Regex TagKey();
}
