using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Carrick.Receiving;

/// <summary>Writes answers. Refusals have one fixed body per status, so that a caller learns nothing from it (RFC 9457).</summary>
internal static class WebhookAnswers
{
    private static readonly TimeSpan Full = TimeSpan.FromSeconds(5);

    public static Task RejectedAsync(HttpContext context, int status) => ProblemAsync(context, status, "The request was refused.");

    public static Task NotFoundAsync(HttpContext context) => ProblemAsync(context, StatusCodes.Status404NotFound, "There is no such integration.");

    public static Task TooLargeAsync(HttpContext context)
    {
        CloseAfter(context);
        return ProblemAsync(context, StatusCodes.Status413PayloadTooLarge, "The body is too large.");
    }

    public static Task TooManyEventsAsync(HttpContext context) =>
        ProblemAsync(context, StatusCodes.Status413PayloadTooLarge, "The body has too many events.");

    /// <summary>Ends the connection of a caller who is gone. Nobody reads the status but the access log, which must not show a success.</summary>
    public static Task AbortAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
        context.Abort();
        return Task.CompletedTask;
    }

    public static Task TooSlowAsync(HttpContext context)
    {
        CloseAfter(context);
        return ProblemAsync(context, StatusCodes.Status408RequestTimeout, "The body came too slowly.");
    }

    // Over HTTP/2 the stream ends with the answer, and the header is not allowed.
    private static void CloseAfter(HttpContext context)
    {
        if (HttpProtocol.IsHttp11(context.Request.Protocol) || HttpProtocol.IsHttp10(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }
    }

    public static Task WrongMethodAsync(HttpContext context, bool get)
    {
        context.Response.Headers.Allow = get ? "GET, POST" : "POST";
        return ProblemAsync(context, StatusCodes.Status405MethodNotAllowed, "Use POST.");
    }

    public static Task UnavailableAsync(HttpContext context, TimeSpan? retryAfter = null)
    {
        var seconds = Math.Max(1, (long)Math.Ceiling((retryAfter ?? Full).TotalSeconds));
        context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return ProblemAsync(context, StatusCodes.Status503ServiceUnavailable, "No events are taken now. Try again later.");
    }

    public static Task UnstorableAsync(HttpContext context) =>
        ProblemAsync(context, StatusCodes.Status500InternalServerError, "The event could not be stored.");

    public static Task AcceptedAsync(HttpContext context, IReadOnlyList<IngestResult> results) => results is [var single]
        ? WriteAsync(context, StatusCodes.Status200OK, "application/json", Encoding.ASCII.GetBytes(
            $$"""{"id":"{{single.Id.ToString(IdPrefix.Event)}}","duplicate":{{(single.Duplicate ? "true" : "false")}}}"""))
        : ManyAcceptedAsync(context, results);

    private static Task ManyAcceptedAsync(HttpContext context, IReadOnlyList<IngestResult> results)
    {
        using var stream = new MemoryStream(128);
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("id", results[0].Id.ToString(IdPrefix.Event));
            writer.WriteBoolean("duplicate", results.All(result => result.Duplicate));
            writer.WriteStartArray("events");
            foreach (var result in results)
            {
                writer.WriteStartObject();
                writer.WriteString("id", result.Id.ToString(IdPrefix.Event));
                writer.WriteBoolean("duplicate", result.Duplicate);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return WriteAsync(context, StatusCodes.Status200OK, "application/json", stream.ToArray());
    }

    public static Task WriteAsync(HttpContext context, int status, string contentType, byte[] body)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.Headers.XContentTypeOptions = "nosniff";
        if (body.Length == 0)
        {
            // Some statuses allow neither a body nor its headers.
            return Task.CompletedTask;
        }

        response.ContentType = contentType;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static Task ProblemAsync(HttpContext context, int status, string title) => WriteAsync(context, status, "application/problem+json",
        Encoding.UTF8.GetBytes($$"""{"type":"about:blank","title":"{{title}}","status":{{status.ToString(CultureInfo.InvariantCulture)}}}"""));
}
