using Carrick.Signatures;
using Microsoft.AspNetCore.Http;

namespace Carrick.Receiving;

/// <summary>Reads the W3C <c>traceparent</c> header (Trace Context, level 1).</summary>
internal static class TraceParent
{
    private const int Length = 55;

    /// <returns><see langword="null"/> if the header is absent or malformed.</returns>
    public static string? Read(IHeaderDictionary headers) =>
        HeaderText.Single(headers, "traceparent") is { } text && IsValid(text) ? text : null;

    public static bool IsValid(ReadOnlySpan<char> text) =>
        text.Length == Length && text[2] == '-' && text[35] == '-' && text[52] == '-'
        && IsLowerHex(text[..2]) && IsLowerHex(text[3..35]) && IsLowerHex(text[36..52]) && IsLowerHex(text[53..])
        && text[..2] is not "ff" && text[3..35].ContainsAnyExcept('0') && text[36..52].ContainsAnyExcept('0');

    private static bool IsLowerHex(ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (!char.IsAsciiHexDigitLower(character))
            {
                return false;
            }
        }

        return true;
    }
}
