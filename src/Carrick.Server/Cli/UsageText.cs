using Carrick.Diagnostics;

namespace Carrick.Server.Cli;

/// <summary>Takes secrets out of what is said about wrong arguments: somebody may have given one where none is expected, such as <c>--api-key KEY</c>. Pure.</summary>
internal static class UsageText
{
    private const string Hidden = "'...'";

    /// <param name="text">What the parser says; it quotes arguments.</param>
    /// <param name="args">All arguments.</param>
    /// <param name="unmatched">Those that the parser does not know.</param>
    public static string WithoutSecrets(string text, IReadOnlyList<string> args, IReadOnlyList<string> unmatched)
    {
        foreach (var value in args.Where(SecretShape.IsLikely).Concat(ValuesOfUnknownOptions(unmatched)).OrderByDescending(value => value.Length))
        {
            text = text.Replace($"'{value}'", Hidden, StringComparison.Ordinal);
        }

        foreach (var option in args.Where(arg => arg.StartsWith('-') && arg.Contains('=', StringComparison.Ordinal)))
        {
            var equals = option.IndexOf('=', StringComparison.Ordinal);
            text = text.Replace(option, option[..equals] + "=...", StringComparison.Ordinal)
                .Replace($"'{option[(equals + 1)..]}'", Hidden, StringComparison.Ordinal);
        }

        return text;
    }

    // What follows an option that is not known is its value, and may be anything.
    private static IEnumerable<string> ValuesOfUnknownOptions(IReadOnlyList<string> unmatched) =>
        unmatched.Skip(1).Where((token, i) => unmatched[i].StartsWith('-') && !unmatched[i].Contains('=', StringComparison.Ordinal) && !token.StartsWith('-'));
}
