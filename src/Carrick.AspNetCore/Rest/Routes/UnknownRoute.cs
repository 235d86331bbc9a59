using Carrick.Authentication;
using Carrick.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Extensions.DependencyInjection;

namespace Carrick.Rest.Routes;

/// <summary>
/// Answers what no other route takes: 405 if the path has other methods, else 404. Behind the gate, so that a caller without a key gets the same
/// 401 from every path.
/// </summary>
internal static class UnknownRoute
{
    public static void MapUnknown(this IEndpointRouteBuilder api) =>
        api.Map("/{**path}", Answer).WithDisplayName("Unknown").ExcludeFromDescription().RequireApiScope(ApiScope.Read);

    private static Task Answer(HttpContext context)
    {
        var allowed = Methods(context);
        if (allowed.Count == 0)
        {
            return Problem.NotFound(context.Request.Path.Value ?? "").ExecuteAsync(context);
        }

        context.Response.Headers.Allow = string.Join(", ", allowed);
        return Problem.Of(ProblemCode.MethodNotAllowed).ExecuteAsync(context);
    }

    private static SortedSet<string> Methods(HttpContext context)
    {
        var methods = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var endpoint in context.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>() is { HttpMethods: { Count: > 0 } taken }
                && new TemplateMatcher(new RouteTemplate(endpoint.RoutePattern), []).TryMatch(context.Request.Path, []))
            {
                methods.UnionWith(taken);
            }
        }

        return methods;
    }
}
