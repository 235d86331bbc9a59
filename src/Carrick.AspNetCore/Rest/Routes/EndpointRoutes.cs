using Carrick.Authentication;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Problems;
using Carrick.Rest.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Carrick.Rest.Routes;

/// <summary>Endpoints: list, show, enable, disable.</summary>
internal static class EndpointRoutes
{
    public static void MapEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/endpoints", List).WithTags("endpoints").Produces<Page<EndpointResource>>()
            .Api("listEndpoints", "Lists HTTP destinations with their depths.", ApiScope.Read,
                new QueryParameter("integration", "The integration's name."));
        api.MapGet("/endpoints/{integration}/{name}", Get).WithTags("endpoints").Produces<EndpointResource>()
            .Api("getEndpoint", "Shows an endpoint.", ApiScope.Read).Problems(404);
        api.MapPost("/endpoints/{integration}/{name}/enable", EnableAsync).WithTags("endpoints").Reads<ReasonRequest>(optional: true)
            .Produces<EndpointResource>()
            .Api("enableEndpoint", "Enables an endpoint; waiting deliveries go on.", ApiScope.Operate).Problems(404);
        api.MapPost("/endpoints/{integration}/{name}/disable", DisableAsync).WithTags("endpoints").Reads<ReasonRequest>(optional: true)
            .Produces<EndpointResource>()
            .Api("disableEndpoint", "Disables an endpoint; its deliveries wait.", ApiScope.Operate).Problems(404);
    }

    private static IResult List(HttpContext context, IOperations operations)
    {
        var query = new QueryReader(context);
        var integration = query.Text("integration");
        if (query.Errors.Count > 0)
        {
            return Problem.Invalid(query.Errors);
        }

        var found =
            from status in operations.ListConsumers()
            let endpoint = status.Definition as EndpointDefinition
            where endpoint is not null && (integration is null || endpoint.Integration == integration)
            orderby endpoint.Name
            select Shape.Of(endpoint, status);
        return Paging.All(found, ApiJson.Default.PageEndpointResource);
    }

    private static IResult Get(string integration, string name, IOperations operations) =>
        Find($"{integration}/{name}", operations) is { } found
            ? TypedResults.Json(found, ApiJson.Default.EndpointResource)
            : Problem.NotFound($"{integration}/{name}");

    private static Task<IResult> EnableAsync(
        HttpContext context, string integration, string name, IOperations operations, CancellationToken cancellationToken) =>
        SetAsync(context, $"{integration}/{name}", true, operations, cancellationToken);

    private static Task<IResult> DisableAsync(
        HttpContext context, string integration, string name, IOperations operations, CancellationToken cancellationToken) =>
        SetAsync(context, $"{integration}/{name}", false, operations, cancellationToken);

    private static async Task<IResult> SetAsync(
        HttpContext context, string name, bool enabled, IOperations operations, CancellationToken cancellationToken)
    {
        var (body, problem) = await BodyReader.ReadAsync(context.Request, ApiJson.Default.ReasonRequest, new ReasonRequest(), cancellationToken);
        if (body is null)
        {
            return problem!;
        }

        var rules = new BodyRules();
        var reason = rules.Reason(body.Reason);
        if (rules.Errors.Count > 0)
        {
            return Problem.Invalid(rules.Errors);
        }

        if (Find(name, operations) is null
            || !await operations.SetConsumerEnabledAsync(name, enabled, ApiRequest.By(context, reason), cancellationToken)
            || Find(name, operations) is not { } found)
        {
            return Problem.NotFound(name);
        }

        return TypedResults.Json(found, ApiJson.Default.EndpointResource);
    }

    private static EndpointResource? Find(string name, IOperations operations)
    {
        foreach (var status in operations.ListConsumers())
        {
            if (status.Definition is EndpointDefinition endpoint && endpoint.Name == name)
            {
                return Shape.Of(endpoint, status);
            }
        }

        return null;
    }
}
