using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Carrick.Delivery;

/// <summary>Signs a body as Standard Webhooks v1 (HMAC-SHA256 over <c>id.timestamp.body</c>). Pure; thread-safe.</summary>
internal static class StandardWebhooksSigner
{
    private const string Prefix = "whsec_";
    private const int ShortestKey = 24;
    private const int LongestKey = 64;

    /// <summary>Makes the value of <c>webhook-signature</c>: one signature per secret, separated by spaces.</summary>
    /// <param name="secrets">At least one; each as in <see cref="TryDecode"/>.</param>
    /// <param name="id">The value of <c>webhook-id</c>, without a full stop.</param>
    /// <param name="timestamp">The value of <c>webhook-timestamp</c>: Unix seconds of this attempt.</param>
    /// <param name="body">The exact bytes; they are not copied.</param>
    /// <returns>The value, or <see langword="null"/> if a secret cannot be decoded: nothing is sent with fewer signatures than asked for.</returns>
    public static string? Sign(IReadOnlyList<string> secrets, string id, long timestamp, ReadOnlySpan<byte> body)
    {
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}."));
        var value = new StringBuilder(secrets.Count * 48);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (var secret in secrets)
        {
            if (!TryDecode(secret, out var key))
            {
                return null;
            }

            using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
            CryptographicOperations.ZeroMemory(key);
            hmac.AppendData(head);
            hmac.AppendData(body);
            hmac.GetHashAndReset(hash);
            value.Append(value.Length == 0 ? "" : " ").Append("v1,").Append(Convert.ToBase64String(hash));
        }

        return value.ToString();
    }

    /// <summary>Reads a secret: <c>whsec_</c> and the padded base64 of 24 to 64 bytes, without white space.</summary>
    public static bool TryDecode(string? secret, out byte[] key)
    {
        key = [];
        if (secret is null || !secret.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[LongestKey + 1];
        var text = secret.AsSpan(Prefix.Length);
        if (!Convert.TryFromBase64Chars(text, bytes, out var length) || length is < ShortestKey or > LongestKey)
        {
            return false;
        }

        // The decoder forgives white space and stray bits at the end; two spellings of one key are refused here.
        var strict = text.SequenceEqual(Convert.ToBase64String(bytes[..length]));
        key = strict ? bytes[..length].ToArray() : [];
        CryptographicOperations.ZeroMemory(bytes);
        return strict;
    }
}
