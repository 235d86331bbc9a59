using System.Net;
using System.Text.Encodings.Web;

namespace Carrick.Delivery;

/// <summary>Takes an endpoint's secrets out of what the endpoint answered: receivers echo requests, raw, as JSON, as HTML or as a query. Pure.</summary>
internal static class Redactor
{
    /// <summary>Stands for a secret.</summary>
    public const string Mask = "[redacted]";

    // Shorter values, such as a version in a header, are no secrets, and masking them would eat the text.
    private const int ShortestSecret = 4;
    private const int ShortestPathSecret = 8;
    private const string SecretPrefix = "whsec_";

    /// <summary>Everything that was sent for this attempt and nobody else may read.</summary>
    /// <param name="url">The URL; its query is secret, and so are its path as a whole and every long part of it.</param>
    /// <param name="signingSecrets">With their prefix.</param>
    /// <param name="headers">Their values are secret, and so is what stands behind the scheme in <c>Authorization: scheme credentials</c>.</param>
    /// <param name="signature">The value of <c>webhook-signature</c>, or <see langword="null"/>.</param>
    public static IReadOnlyList<string> Secrets(
        Uri url, IReadOnlyList<string> signingSecrets, IReadOnlyList<KeyValuePair<string, string>> headers, string? signature)
    {
        var plain = new List<string>(signingSecrets.Select(static secret => secret.Replace(SecretPrefix, "", StringComparison.Ordinal)));
        plain.AddRange(headers.SelectMany(static header => new[] { header.Value, header.Value[(header.Value.IndexOf(' ', StringComparison.Ordinal) + 1)..] }));
        plain.AddRange(signature?.Split(' ').Select(static one => one["v1,".Length..]) ?? []);
        plain.AddRange(url.Query.TrimStart('?').Split('&').Select(static pair => pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..]));

        // A part such as hooks or v1 is a word that any answer may have; a token is longer.
        plain.Add(url.AbsolutePath);
        plain.AddRange(url.AbsolutePath.Split('/').Where(static part => part.Length >= ShortestPathSecret));

        // The longest first: a secret that contains another is masked as a whole.
        return [.. plain.SelectMany(Spellings).Where(static text => text.Length >= ShortestSecret).Distinct().OrderByDescending(static text => text.Length)];
    }

    /// <summary>Masks every secret in the text, and the beginning of one at its end, where the text was cut.</summary>
    public static string Redact(string text, IReadOnlyList<string> secrets)
    {
        foreach (var secret in secrets)
        {
            text = text.Replace(secret, Mask, StringComparison.OrdinalIgnoreCase);
        }

        foreach (var secret in secrets)
        {
            for (var length = Math.Min(secret.Length - 1, text.Length); length >= ShortestSecret; length--)
            {
                if (text.AsSpan().EndsWith(secret.AsSpan(0, length), StringComparison.OrdinalIgnoreCase))
                {
                    return string.Concat(text.AsSpan(0, text.Length - length), Mask);
                }
            }
        }

        return text;
    }

    private static IEnumerable<string> Spellings(string secret) =>
    [
        secret,
        Uri.UnescapeDataString(secret),
        Uri.EscapeDataString(secret),
        JavaScriptEncoder.Default.Encode(secret),
        secret.Replace("/", "\\/", StringComparison.Ordinal),
        HtmlEncoder.Default.Encode(secret),
        WebUtility.HtmlEncode(secret),
    ];
}
