using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Carrick.Rest.Routes;

/// <summary>The exact bytes of an event, served so that no browser runs them.</summary>
internal sealed class PayloadResult(EventRecord record) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = MediaTypeHeaderValue.TryParse(record.ContentType, out var type) && record.ContentType!.All(char.IsAscii)
            ? type.ToString()
            : "application/octet-stream";
        response.ContentLength = record.Body.Length;
        response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        response.Headers.ContentDisposition = $"attachment; filename=\"{record.Id.ToString(IdPrefix.Event)}\"";
        await response.Body.WriteAsync(record.Body, httpContext.RequestAborted);
    }
}
