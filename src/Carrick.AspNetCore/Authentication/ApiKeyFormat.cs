using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Carrick.Authentication;

/// <summary>The text of an API key: <c>ck_</c>, 130 bits of chance in base32, <c>_</c>, and a checksum by which scanners and typing errors are told.</summary>
internal static class ApiKeyFormat
{
    public const string Prefix = "ck_";
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private static readonly SearchValues<char> Characters = SearchValues.Create(Alphabet);
    private const int SecretLength = 26;
    private const int ChecksumLength = 6;
    public const int Length = 3 + SecretLength + 1 + ChecksumLength;
    private const int ShownLength = 7;

    public static string Create()
    {
        var body = Prefix + RandomNumberGenerator.GetString(Alphabet, SecretLength);
        return body + "_" + Checksum(body);
    }

    /// <summary>Whether the text has the form and the checksum of a key that <see cref="Create"/> made.</summary>
    public static bool IsWellFormed(string key)
    {
        const int separator = 3 + SecretLength;
        return key.Length == Length
            && key.StartsWith(Prefix, StringComparison.Ordinal)
            && key[separator] == '_'
            && !key.AsSpan(3, SecretLength).ContainsAnyExcept(Characters)
            && key.AsSpan(separator + 1).SequenceEqual(Checksum(key[..separator]));
    }

    /// <summary>The start of a key, to recognise it: leaves 110 of its bits unknown.</summary>
    public static string Recognise(string key) => key[..ShownLength];

    // A plain hash is right for a secret of 130 bits: there is no list of likely keys to try against it.
    public static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

    // The low 30 bits of the CRC-32.
    private static string Checksum(string body) => string.Create(ChecksumLength, Crc32(Encoding.ASCII.GetBytes(body)), static (span, crc) =>
    {
        for (var i = span.Length - 1; i >= 0; i--)
        {
            span[i] = Alphabet[(int)(crc & 31)];
            crc >>= 5;
        }
    });

    // IEEE 802.3, reflected: the one of zip and PNG.
    internal static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
            }
        }

        return ~crc;
    }
}
