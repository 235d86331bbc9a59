using System.Globalization;

namespace Carrick;

/// <summary>
/// What the fields of an event may be, whichever way it comes in: over HTTP, from a handler, from an outbox or by <see cref="IEventIngress"/>. The bounds are
/// far below what the databases can keep in an index. Pure.
/// </summary>
internal static class EventFields
{
    /// <summary>The most characters of a text.</summary>
    public const int LongestText = 255;

    /// <summary>The most bytes of a body, that of the largest request that receiving can be set to.</summary>
    public const int LargestBody = 25 * 1024 * 1024;

    /// <summary>The most kept headers.</summary>
    public const int MostHeaders = 1_000;

    /// <summary>The most characters of all kept headers together.</summary>
    public const int LongestHeaders = 256 * 1024;

    /// <summary>Checks an event that comes in.</summary>
    /// <exception cref="ArgumentException">A field is out of its bounds; the message names the field and the bound, and shows no value.</exception>
    public static void Check(IncomingEvent item)
    {
        CheckContent(item.Type, item.Subject, item.ContentType, item.Body.Length);
        Required(item.MessageId, "message id");
        if (item.MessageId.Contains(DeduplicationKey.Separator, StringComparison.Ordinal))
        {
            throw new ArgumentException("The message id must not hold the character U+001F.", nameof(item));
        }

        Optional(item.TraceParent, "trace parent");
        Optional(item.Verdict, "verdict");
        CheckHeaders(item.Headers);
    }

    /// <summary>Checks what a caller chooses of an event that it publishes.</summary>
    /// <exception cref="ArgumentException">As of <see cref="Check"/>.</exception>
    public static void CheckContent(string type, string? subject, string? contentType, int bodyLength)
    {
        Required(type, "type");
        Optional(subject, "subject");
        Optional(contentType, "content type");
        if (bodyLength > LargestBody)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The body has {bodyLength:N0} bytes; it may have {LargestBody:N0}. Store it elsewhere and publish where it is."), nameof(bodyLength));
        }
    }

    private static void CheckHeaders(IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        long length = 0;
        for (var i = 0; i < headers.Count; i++)
        {
            length += headers[i].Key.Length + headers[i].Value.Length;
        }

        if (headers.Count > MostHeaders || length > LongestHeaders)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"The headers are too many: at most {MostHeaders:N0} with {LongestHeaders:N0} characters together are kept."), nameof(headers));
        }
    }

    private static void Required(string value, string field)
    {
        ArgumentNullException.ThrowIfNull(value, field);
        if (string.IsNullOrWhiteSpace(value))
        {
            throw new ArgumentException($"The {field} must not be empty.", field);
        }

        Optional(value, field);
    }

    private static void Optional(string? value, string field)
    {
        if (value?.Length > LongestText)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The {field} has {value.Length:N0} characters; it may have {LongestText}."), field);
        }
    }
}
