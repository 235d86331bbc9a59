using System.Text.RegularExpressions;

namespace Carrick.Tests.Structure;

/// <summary>Reads the tables and indexes that SQL in migrations or in code creates.</summary>
internal static partial class Tables
{
    public static IEnumerable<string> Of(string text) =>
        Create().Matches(text).Select(match => $"{match.Groups["kind"].Value.ToLowerInvariant()} {match.Groups["name"].Value}{Columns(text, match)}");

    private static string Columns(string text, Match create)
    {
        if (!create.Groups["kind"].Value.Equals("table", StringComparison.OrdinalIgnoreCase))
        {
            return "";
        }

        var body = Body(text, create.Index + create.Length);
        var columns = TopLevel(Comment().Replace(body, ""))
            .Select(part => part.Trim().Split([' ', '\n', '\t'], 2)[0].Trim('"'))
            .Where(name => name.Length > 0 && !name.Equals("PRIMARY", StringComparison.OrdinalIgnoreCase)
                && !name.Equals("UNIQUE", StringComparison.OrdinalIgnoreCase) && !name.Equals("CHECK", StringComparison.OrdinalIgnoreCase)
                && !name.Equals("FOREIGN", StringComparison.OrdinalIgnoreCase) && !name.Equals("CONSTRAINT", StringComparison.OrdinalIgnoreCase));
        return $" ({string.Join(", ", columns)})";
    }

    private static string Body(string text, int start)
    {
        var (depth, end) = (1, start);
        for (; end < text.Length && depth > 0; end++)
        {
            depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
        }

        return text[start..Math.Max(start, end - 1)];
    }

    private static IEnumerable<string> TopLevel(string body)
    {
        var (depth, from) = (0, 0);
        for (var i = 0; i < body.Length; i++)
        {
            depth += body[i] == '(' ? 1 : body[i] == ')' ? -1 : 0;
            if (depth == 0 && body[i] == ',')
            {
                yield return body[from..i];
                from = i + 1;
            }
        }

        yield return body[from..];
    }

    [GeneratedRegex(@"\bCREATE\s+(?:UNIQUE\s+)?(?<kind>TABLE|INDEX)\s+(?:IF\s+NOT\s+EXISTS\s+)?[""~]?(?<name>\w+)""?(?:\s*\()?", RegexOptions.IgnoreCase)]
    private static partial Regex Create();

    [GeneratedRegex(@"--[^\n]*")]
    private static partial Regex Comment();
}
