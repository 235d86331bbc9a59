using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Scalar.AspNetCore;

namespace Carrick.OpenApi;

/// <summary><c>/openapi/v1.json</c>, <c>/openapi/v1.yaml</c> and <c>/docs</c>.</summary>
internal static class OpenApiRoutes
{
    // The page and its script come from this process; the policy keeps the browser from asking anybody else.
    private const string DocsPolicy =
        "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        + "connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapOpenApiDocuments(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/openapi/v1.json", async (OpenApiDocuments documents, CancellationToken cancellationToken) =>
                TypedResults.Text((await documents.ReadAsync(cancellationToken)).Json, "application/json"))
            .AllowAnonymous().ExcludeFromDescription();
        endpoints.MapGet("/openapi/v1.yaml", async (OpenApiDocuments documents, CancellationToken cancellationToken) =>
                TypedResults.Text((await documents.ReadAsync(cancellationToken)).Yaml, "application/yaml"))
            .AllowAnonymous().ExcludeFromDescription();
        endpoints.MapScalarApiReference("/docs", (options, context) =>
            {
                context.Response.Headers.ContentSecurityPolicy = DocsPolicy;
                context.Response.Headers.XContentTypeOptions = "nosniff";
                options.Title = "Carrick API";
                options.DefaultFonts = false;
                options.Telemetry = false;
                // Nothing on the page that would call a service of somebody else.
                options.HideDeveloperTools().HideClientButton().DisableAgent().DisableMcp();
                options.OpenApiRoutePattern = "openapi/v1.json";
            })
            .AllowAnonymous().ExcludeFromDescription();
    }
}
