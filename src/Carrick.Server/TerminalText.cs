using System.Globalization;
using System.Text;

namespace Carrick.Server;

/// <summary>Makes remote text safe to print: no control characters, no escape sequences, no change of direction. Pure.</summary>
internal static class TerminalText
{
    /// <summary>The text with everything that a terminal would act on removed.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="keepLines">Keep line feeds and tabs.</param>
    public static string Clean(string text, bool keepLines = false)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsPlain(rune) || (keepLines && rune.Value is '\n' or '\t'))
            {
                clean.Append(rune.ToString());
            }
        }

        return clean.ToString();
    }

    /// <summary>Whether a terminal only shows the character.</summary>
    public static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse);
}
