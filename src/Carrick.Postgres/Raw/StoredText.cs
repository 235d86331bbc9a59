using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Carrick.Postgres.Raw;

/// <summary>
/// Texts as PostgreSQL can keep them: <c>text</c> has no U+0000, and a sender may send one. It and the escape character U+0001 are
/// written as U+0001 and a digit; half a surrogate pair, which is no text in any encoding, becomes U+FFFD. All other texts stay as they are.
/// </summary>
internal static class StoredText
{
    private const char Escape = '\u0001';

    // The halves of surrogate pairs are looked at one by one only in texts that have any.
    private static readonly SearchValues<char> Special = SearchValues.Create(
        ['\0', Escape, .. Enumerable.Range(0xD800, 0x800).Select(code => (char)code)]);

    private static readonly SearchValues<char> Escapes = SearchValues.Create([Escape]);

    [return: NotNullIfNotNull(nameof(text))]
    public static string? Write(string? text) => text is null || !text.AsSpan().ContainsAny(Special) ? text : Encode(text);

    [return: NotNullIfNotNull(nameof(text))]
    public static string? Read(string? text) => text is null || !text.AsSpan().ContainsAny(Escapes) ? text : Decode(text);

    private static string Encode(string text)
    {
        var result = new StringBuilder(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                0 => result.Append(Escape).Append('0'),
                Escape => result.Append(Escape).Append('1'),
                _ => result.Append(rune.ToString()),
            };
        }

        return result.ToString();
    }

    private static string Decode(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var escaped = text[i] == Escape && i + 1 < text.Length;
            result.Append(escaped ? (text[++i] == '0' ? '\0' : Escape) : text[i]);
        }

        return result.ToString();
    }
}
