using System.Text;

namespace Carrick.Server.Config;

/// <summary>Makes foreign text fit to stand in an error. Pure.</summary>
internal static class ConfigText
{
    private const int MaxShown = 60;

    /// <summary>The text in quotes, cut, with control characters replaced.</summary>
    public static string Show(string text)
    {
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
        var clean = TerminalText.Clean(problem);
        return node.HoldsVariable && clean.Contains('\'', StringComparison.Ordinal) ? "The value is not valid."
            : clean.Length == 0 ? "Not valid."
            : $"{char.ToUpperInvariant(clean[0])}{clean[1..].TrimEnd('.')}.";
    }

    /// <summary>The path of a key; a key that is no plain name stands in quotes.</summary>
    public static string Join(string path, string key)
    {
        var shown = key.Length is > 0 and <= MaxShown && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? key : Show(key);
        return path.Length == 0 ? shown : $"{path}.{shown}";
    }
}
