using System.Security.Cryptography;
using System.Text;

namespace Carrick.Signatures;

/// <summary>Makes field values of outsiders fit for ids and types.</summary>
internal static class FieldText
{
    public const string HashPrefix = "sha256:";
    public const string UnknownType = "unknown";
    public const int MaxLength = 255;

    /// <summary>The id as it is, or its hash if it is too long or holds control characters or broken Unicode.</summary>
    public static string Id(string text) => text.Length <= MaxLength && IsPlain(text) ? text : HashOf(Encoding.UTF8.GetBytes(text));

    /// <summary>The type with control characters replaced; a type that is too long is <see cref="UnknownType"/>.</summary>
    public static string Type(string text)
    {
        if (text.Length > MaxLength)
        {
            return UnknownType;
        }

        return IsPlain(text) ? text : string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? '_' : source[i];
            }
        });
    }

    public static string HashOf(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return HashText(hash);
    }

    public static string HashText(ReadOnlySpan<byte> hash) => HashPrefix + Convert.ToHexStringLower(hash);

    private static bool IsPlain(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
            {
                return false;
            }

            if (char.IsSurrogate(text[i]))
            {
                if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                {
                    return false;
                }

                i++;
            }
        }

        return true;
    }
}
