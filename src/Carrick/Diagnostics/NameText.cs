namespace Carrick.Diagnostics;

/// <summary>How the name of a setting, variable or file stands in an error: as it is if nobody can take it for a secret, else not at all. Pure.</summary>
internal static class NameText
{
    private const int Longest = 200;
    private static readonly string[] Subjects = ["secret", "key", "token", "sign", "webhook", "hook", "password", "credential"];

    /// <summary>Whether the text can be the path of a configuration key: names of letters, digits, <c>_</c>, <c>-</c> and <c>.</c>, with colons between them.</summary>
    public static bool IsConfigurationKey(string text) =>
        text.Length is > 0 and <= Longest
        && text.Split(':').All(part => part.Length > 0 && part.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.'))
        && !SecretShape.IsLikely(text);

    /// <summary>
    /// Whether a key that has no value may be shown. A password can look like a key: one is shown only if it is written as settings and variables are, with a
    /// capital first, and says that it is about a secret.
    /// </summary>
    public static bool IsShownKey(string text) =>
        IsConfigurationKey(text)
        && text.Split(':').All(part => char.IsAsciiLetterUpper(part[0]) || part.All(char.IsAsciiDigit))
        && Array.Exists(Subjects, subject => text.Contains(subject, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether a variable that is not set may be shown: capitals, digits and <c>_</c>, and not what looks like a secret.</summary>
    public static bool IsShownVariable(string text) =>
        text.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_') && !SecretShape.IsLikely(text);

    /// <summary>A name, or words in its place if it looks like a secret.</summary>
    public static string Shown(string text, string inItsPlace) => SecretShape.IsLikely(text) ? inItsPlace : text;

    /// <summary>The name in quotes, or words in its place if it looks like a secret.</summary>
    public static string Quoted(string text, string inItsPlace) => SecretShape.IsLikely(text) ? inItsPlace : $"'{text}'";

    /// <summary>A message of other code without what it quotes and what looks like a secret.</summary>
    public static string WithoutSecrets(string message)
    {
        var parts = message.Split('\'');
        for (var i = 1; i + 1 < parts.Length; i += 2)
        {
            parts[i] = Shown(parts[i], "...");
        }

        return string.Join('\'', parts);
    }
}
