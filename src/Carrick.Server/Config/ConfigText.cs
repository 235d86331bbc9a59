using System.Text;
using Carrick.Diagnostics;

namespace Carrick.Server.Config;

/// <summary>Makes foreign text fit to stand in an error. Pure.</summary>
internal static class ConfigText
{
    private const int MaxShown = 60;

    private const string Hidden = "(not shown: it looks like a secret)";

    /// <summary>The text in quotes, cut, with control characters replaced; words in its place if it looks like a secret.</summary>
    public static string Show(string text)
    {
        if (SecretShape.IsLikely(text))
        {
            return Hidden;
        }

        var shown = new StringBuilder(MaxShown + 5).Append('\'');
        foreach (var rune in text.EnumerateRunes().Take(MaxShown))
        {
            shown.Append(TerminalText.IsPlain(rune) ? rune.ToString() : "?");
        }

        return shown.Append(text.Length > MaxShown ? "...'" : "'").ToString();
    }

    /// <summary>What other code says of a value, as a sentence. Where the value came from a variable, nothing that it quotes is repeated.</summary>
    public static string Foreign(ConfigNode node, string problem)
    {
        var clean = TerminalText.Clean(NameText.WithoutSecrets(problem));
        return node.HoldsVariable && clean.Contains('\'', StringComparison.Ordinal) ? "The value is not valid."
            : clean.Length == 0 ? "Not valid."
            : $"{char.ToUpperInvariant(clean[0])}{clean[1..].TrimEnd('.')}.";
    }

    /// <summary>The path of a key; a key that is no plain name stands in quotes, and one that looks like a secret is left out.</summary>
    public static string Join(string path, string key)
    {
        var shown = key.Length is > 0 and <= MaxShown && !SecretShape.IsLikely(key) && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? key : Show(key);
        return path.Length == 0 ? shown : $"{path}.{shown}";
    }
}
