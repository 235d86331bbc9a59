using System.Globalization;
using System.Text;

namespace Carrick.Delivery;

/// <summary>Makes text of the other side fit for an error: nothing that moves a terminal's cursor or hides text. Pure.</summary>
internal static class ErrorText
{
    /// <summary>Scheme, host and port of a URL, and whether it has a path: the rest may hold tokens, and hooks of chat services hold theirs in the path.</summary>
    public static string Target(Uri url) =>
        url.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) + (url.AbsolutePath.Length <= 1 ? "/" : $"/{Redactor.Mask}");

    /// <summary>Puts a space for each control, format and separator character, so that the pieces on its two sides do not grow together.</summary>
    public static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            clean.Append(IsShown(rune) ? rune.ToString() : " ");
        }

        return clean.ToString().Trim();
    }

    private static bool IsShown(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
