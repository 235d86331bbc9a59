using Carrick;
using Carrick.Health;
using Carrick.Observability;
using Carrick.OpenApi;
using Carrick.Receiving;
using Carrick.Rest;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps Carrick's routes.</summary>
public static class CarrickEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps everything: <c>/webhooks/{integration}</c>, <c>/v1</c>, <c>/health</c>, <c>/metrics</c>, <c>/openapi</c> and <c>/docs</c>.
    /// Map it on a group to put a prefix before all of them.
    /// </summary>
    /// <exception cref="InvalidOperationException"><c>AddCarrick</c> was not called.</exception>
    public static IEndpointRouteBuilder MapCarrick(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        CarrickWebServices.Require(endpoints.ServiceProvider);
        endpoints.MapWebhooks().AllowAnonymous();
        endpoints.MapApi();
        endpoints.MapHealth();
        endpoints.MapMetrics();
        endpoints.MapOpenApiDocuments();
        return endpoints;
    }
}
