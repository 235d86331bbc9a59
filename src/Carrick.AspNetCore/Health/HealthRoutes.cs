using Carrick.Hosting;
using Carrick.Rest;
using Carrick.Rest.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Carrick.Health;

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: the engine runs, its store can write and its workers go on.</summary>
internal static class HealthRoutes
{
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/health/live", Live).AllowAnonymous().ExcludeFromDescription();
        endpoints.MapGet("/health/ready", Ready).AllowAnonymous().ExcludeFromDescription();
    }

    private static IResult Live(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Json(new HealthResource("live", null), ApiJson.Default.HealthResource);
    }

    private static IResult Ready(HttpContext context, ICarrickEngine engine)
    {
        context.Response.Headers.CacheControl = "no-store";
        var (state, problem) = (engine.State, engine.Problem);
        var ready = state == EngineState.Running && problem is null;
        return TypedResults.Json(
            new HealthResource(ready ? "ready" : ApiWords.Of(state), problem), ApiJson.Default.HealthResource,
            statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}
