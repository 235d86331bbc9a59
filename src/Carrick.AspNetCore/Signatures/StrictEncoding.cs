using System.Buffers;
using System.Buffers.Text;

namespace Carrick.Signatures;

/// <summary>Decoders that take one spelling of each value only: no white space, no missing padding, no stray bits. Hex may be of either case.</summary>
internal static class StrictEncoding
{
    private const int MaxText = 256;

    /// <summary>Decodes exactly <paramref name="destination"/>'s length.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, TextEncoding encoding, Span<byte> destination)
    {
        switch (encoding)
        {
            case TextEncoding.Hex:
                return text.Length == destination.Length * 2 && Convert.FromHexString(text, destination, out _, out _) == OperationStatus.Done;
            case TextEncoding.Base64:
                return Convert.TryFromBase64Chars(text, destination, out _) && IsCanonical(text, destination);
            case TextEncoding.Base64Url:
                return Base64Url.DecodeFromChars(text, destination, out _, out _) == OperationStatus.Done
                    && Base64Url.EncodeToString(destination).AsSpan().SequenceEqual(text);
            default:
                return false;
        }
    }

    /// <summary>Decodes a secret of any length; <see langword="null"/> if it is not canonical.</summary>
    public static byte[]? TryDecodeSecret(string text, TextEncoding encoding)
    {
        switch (encoding)
        {
            case TextEncoding.Utf8:
                return System.Text.Encoding.UTF8.GetBytes(text);
            case TextEncoding.Hex:
                var hex = new byte[text.Length / 2];
                return TryDecode(text, encoding, hex) ? hex : null;
            default:
                var buffer = new byte[text.Length];
                if (encoding == TextEncoding.Base64Url)
                {
                    return Base64Url.DecodeFromChars(text, buffer, out _, out var urlWritten) == OperationStatus.Done
                        && Base64Url.EncodeToString(buffer.AsSpan(0, urlWritten)) == text ? buffer[..urlWritten] : null;
                }

                return Convert.TryFromBase64Chars(text, buffer, out var written)
                    && Convert.ToBase64String(buffer.AsSpan(0, written)) == text ? buffer[..written] : null;
        }
    }

    /// <summary>Whether all of the bytes are written so, and in no other way.</summary>
    private static bool IsCanonical(ReadOnlySpan<char> text, ReadOnlySpan<byte> bytes)
    {
        Span<char> again = stackalloc char[MaxText];
        return Convert.TryToBase64Chars(bytes, again, out var written) && text.SequenceEqual(again[..written]);
    }
}
