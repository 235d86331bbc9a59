using System.Buffers;
using System.Globalization;

namespace Carrick.Delivery;

/// <summary>Makes the request of one attempt. Pure.</summary>
internal static class EndpointRequest
{
    /// <summary>The event's id, the same on every attempt: the receiver's idempotency key.</summary>
    public const string IdHeader = "webhook-id";

    /// <summary>The Unix seconds of this attempt.</summary>
    public const string TimestampHeader = "webhook-timestamp";

    /// <summary>One signature per secret; absent if the endpoint has none.</summary>
    public const string SignatureHeader = "webhook-signature";

    /// <summary>The number of the attempt, from 1.</summary>
    public const string AttemptHeader = "carrick-attempt";

    private static readonly SearchValues<char> LineBreakers = SearchValues.Create("\r\n\0");
    private static readonly string UserAgent = $"Carrick/{typeof(EndpointRequest).Assembly.GetName().Version?.ToString(3)}";

    /// <summary>Makes a POST of the event's bytes, without a copy.</summary>
    /// <returns>The request and its signature, or why there can be none.</returns>
    public static (HttpRequestMessage? Request, string? Signature, string? Error) Create(
        Integrations.EndpointDefinition endpoint, EventRecord record, int attempt, DateTimeOffset now)
    {
        var id = record.Id.ToString(IdPrefix.Event);
        var timestamp = now.ToUnixTimeSeconds();
        string? signature = null;
        if (endpoint.SigningSecrets.Count > 0)
        {
            signature = StandardWebhooksSigner.Sign(endpoint.SigningSecrets, id, timestamp, record.Body.Span);
            if (signature is null)
            {
                return (null, null, "a signing secret is not 'whsec_' and the base64 of 24 to 64 bytes");
            }
        }

        var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Url) { Content = new ReadOnlyMemoryContent(record.Body) };
        var headers = request.Headers;
        var failed = endpoint.Headers.FirstOrDefault(header =>
            EndpointHeaders.Check(header.Key, header.Value) is not null || !headers.TryAddWithoutValidation(header.Key, header.Value)).Key;
        if (failed is not null)
        {
            request.Dispose();
            return (null, null, "a header of the endpoint cannot be sent");
        }

        if (!Describe(request.Content, "Content-Type", record.ContentType))
        {
            request.Dispose();
            return (null, null, "the event's content type cannot be sent as a header");
        }

        // The body goes out as it came in: packed bytes without their encoding would be unreadable.
        if (!Describe(request.Content, "Content-Encoding", record.ContentEncoding))
        {
            request.Dispose();
            return (null, null, "the event's content encoding cannot be sent as a header");
        }

        headers.TryAddWithoutValidation("User-Agent", UserAgent);
        headers.TryAddWithoutValidation(AttemptHeader, attempt.ToString(CultureInfo.InvariantCulture));
        headers.TryAddWithoutValidation(IdHeader, id);
        headers.TryAddWithoutValidation(TimestampHeader, timestamp.ToString(CultureInfo.InvariantCulture));
        if (signature is not null)
        {
            headers.TryAddWithoutValidation(SignatureHeader, signature);
        }

        return (request, signature, null);
    }

    private static bool Describe(HttpContent content, string name, string? value) =>
        string.IsNullOrEmpty(value) || (!value.AsSpan().ContainsAny(LineBreakers) && content.Headers.TryAddWithoutValidation(name, value));
}
