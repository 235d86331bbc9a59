using Carrick.Problems;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Carrick.Rest;

/// <summary>What the OpenAPI document says of a route beyond the framework's metadata.</summary>
/// <param name="Id">The operation id; never renamed.</param>
internal sealed record ApiRoute(string Id);

internal static class ApiRouteExtensions
{
    /// <summary>Left out of the OpenAPI document.</summary>
    public const string AnyMediaType = "*/*";

    /// <summary>Names and documents a route, says which query parameters it takes, and puts it behind the gate.</summary>
    public static RouteHandlerBuilder Api(
        this RouteHandlerBuilder route, string id, string summary, string scope, params IReadOnlyList<QueryParameter> query)
    {
        route.WithMetadata(new ApiRoute(id), new QueryParameters(query)).WithSummary(summary).RequireApiScope(scope);
        return route.Problems(400, 401, 403, 429, 500, 503);
    }

    /// <summary>The route reads a JSON body. Routing lets every media type through, so that our own 415 answers, behind the gate.</summary>
    public static RouteHandlerBuilder Reads<T>(this RouteHandlerBuilder route, bool optional = false)
        where T : notnull => route.Accepts<T>(optional, "application/json", AnyMediaType).Problems(413, 415);

    /// <summary>The route can also answer these errors.</summary>
    public static RouteHandlerBuilder Problems(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            route.Produces<ProblemResource>(status, "application/problem+json");
        }

        return route;
    }
}
