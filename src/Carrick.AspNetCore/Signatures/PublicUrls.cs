using System.Text;

namespace Carrick.Signatures;

/// <summary>The URLs that a provider may have signed: the configured public URL with the query of the request, never the Host header.</summary>
internal static class PublicUrls
{
    /// <summary>The characters that HubSpot signs decoded.</summary>
    private const string Decoded = ":/?@!$'()*,;";

    /// <returns><see langword="null"/> if there is no such URL.</returns>
    public static string? Make(string? publicUrl, string query, UrlCandidate candidate) => publicUrl is null
        ? null
        : candidate switch
        {
            UrlCandidate.WithPort => WithPort(publicUrl) + query,
            UrlCandidate.WithoutPort => WithoutPort(publicUrl) + query,
            UrlCandidate.LegacyQuery => query.Length > 1 ? publicUrl + LegacyQuery(query) : null,
            _ => publicUrl + query,
        };

    /// <summary>Decodes the percent codes of a fixed set of characters and leaves all others as they are.</summary>
    public static string DecodeReserved(string url)
    {
        if (!url.Contains('%', StringComparison.Ordinal))
        {
            return url;
        }

        var text = new StringBuilder(url.Length);
        for (var i = 0; i < url.Length; i++)
        {
            if (url[i] == '%' && i + 2 < url.Length && char.IsAsciiHexDigit(url[i + 1]) && char.IsAsciiHexDigit(url[i + 2])
                && (char)Convert.ToByte(url.Substring(i + 1, 2), 16) is var character && Decoded.Contains(character, StringComparison.Ordinal))
            {
                text.Append(character);
                i += 2;
            }
            else
            {
                text.Append(url[i]);
            }
        }

        return text.ToString();
    }

    /// <summary>Each name and value decoded and encoded again, as an older Twilio library signs the query.</summary>
    private static string LegacyQuery(string query)
    {
        var text = new StringBuilder(query.Length).Append('?');
        foreach (var pair in query[1..].Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? pair : pair[..equals];
            var value = equals < 0 ? "" : pair[(equals + 1)..];
            text.Append(text.Length > 1 ? "&" : "").Append(Encode(name)).Append('=').Append(Encode(value));
        }

        return text.ToString();

        static string Encode(string part) => Uri.EscapeDataString(Uri.UnescapeDataString(part.Replace('+', ' ')))
            .Replace("%21", "!", StringComparison.Ordinal).Replace("%27", "'", StringComparison.Ordinal).Replace("%28", "(", StringComparison.Ordinal)
            .Replace("%29", ")", StringComparison.Ordinal).Replace("%2A", "*", StringComparison.Ordinal);
    }

    private static string WithPort(string url)
    {
        var (start, end) = Authority(url);
        return HasPort(url, start, end)
            ? url
            : url.Insert(end, url.StartsWith("https:", StringComparison.OrdinalIgnoreCase) ? ":443" : ":80");
    }

    private static string WithoutPort(string url)
    {
        var (start, end) = Authority(url);
        return HasPort(url, start, end) ? url.Remove(url.LastIndexOf(':', end - 1), end - url.LastIndexOf(':', end - 1)) : url;
    }

    private static (int Start, int End) Authority(string url)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal) + 3;
        var end = url.IndexOf('/', start);
        return (start, end < 0 ? url.Length : end);
    }

    private static bool HasPort(string url, int start, int end)
    {
        var host = Math.Max(url.LastIndexOf('@', end - 1, end - start) + 1, start);
        var colon = url.LastIndexOf(':', end - 1, end - host);
        return colon > url.LastIndexOf(']', end - 1, end - host);
    }
}
