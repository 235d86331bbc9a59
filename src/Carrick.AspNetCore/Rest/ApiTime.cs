using System.Globalization;

namespace Carrick.Rest;

/// <summary>Times of the API: RFC 3339 with an offset.</summary>
internal static class ApiTime
{
    private static readonly string[] Formats = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    public static bool TryParse(string text, out DateTimeOffset time)
    {
        time = default;
        var last = text.Length == 0 ? ' ' : text[^1];
        var hasOffset = last is 'Z' || (text.Length > 6 && text[^3] == ':' && text[^6] is '+' or '-');
        return hasOffset && DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out time);
    }
}
