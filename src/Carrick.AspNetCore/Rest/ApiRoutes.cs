using Carrick.Rest.Routes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Carrick.Rest;

/// <summary>All routes of <c>/v1</c>.</summary>
internal static class ApiRoutes
{
    public static void MapApi(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/v1").AddEndpointFilter<ApiFilter>();
        api.MapEvents();
        api.MapPublish();
        api.MapDeliveries();
        api.MapDeadLetters();
        api.MapReplays();
        api.MapEndpoints();
        api.MapIntegrations();
        api.MapKeys();
        api.MapAudit();
        api.MapNodes();
        endpoints.MapGroup("/v1").MapUnknown();
    }
}
