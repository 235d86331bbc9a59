using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Carrick.Peers;

/// <summary>Standard Webhooks, written by hand as an application would: HMAC-SHA256 over id, timestamp and raw body.</summary>
internal sealed class Signature(string secret)
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly byte[] _key = Convert.FromBase64String(secret.Replace("whsec_", "", StringComparison.Ordinal));

    public bool IsRight(IHeaderDictionary headers, ReadOnlySpan<byte> body)
    {
        var (id, timestamp, given) = (headers["webhook-id"].ToString(), headers["webhook-timestamp"].ToString(), headers["webhook-signature"].ToString());
        if (id.Length == 0 || !given.StartsWith("v1,", StringComparison.Ordinal)
            || !long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || (TimeProvider.System.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() > Tolerance)
        {
            return false;
        }

        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hash.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        hash.AppendData(body);
        Span<byte> signature = stackalloc byte[HMACSHA256.HashSizeInBytes];
        return Convert.TryFromBase64String(given[3..], signature, out var length) && length == signature.Length
            && CryptographicOperations.FixedTimeEquals(hash.GetCurrentHash(), signature);
    }
}
