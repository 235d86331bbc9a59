using Microsoft.AspNetCore.Http;

namespace Carrick.Problems;

internal static class ApiHeaders
{
    public static void Write(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers["Request-Id"] = context.TraceIdentifier;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
    }
}
