using Carrick.Authentication;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Receiving;
using Carrick.Rest.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Carrick.Rest.Routes;

/// <summary>Integrations: list.</summary>
internal static class IntegrationRoutes
{
    public static void MapIntegrations(this IEndpointRouteBuilder api) =>
        api.MapGet("/integrations", List).WithTags("integrations").Produces<Page<IntegrationResource>>()
            .Api("listIntegrations", "Lists the integrations in force with their consumers.", ApiScope.Read);

    private static IResult List(ICarrickEngine engine, IOperations operations)
    {
        var statuses = operations.ListConsumers().ToDictionary(status => status.Definition.Name, StringComparer.Ordinal);
        return Paging.All(
            engine.Topology.Integrations.OrderBy(integration => integration.Name, StringComparer.Ordinal).Select(integration => new IntegrationResource(
                integration.Name,
                integration.Source is null ? null : Source(integration.Source),
                [.. integration.Consumers.Select(consumer => Consumer(consumer, statuses.GetValueOrDefault(consumer.Name)))])),
            ApiJson.Default.PageIntegrationResource);
    }

    private static SourceResource Source(SourceDefinition source) => new(source.Kind, (source as WebhookSourceDefinition)?.Scheme.Name);

    private static ConsumerResource Consumer(ConsumerDefinition consumer, ConsumerStatus? status) => new(
        consumer.Name, consumer is EndpointDefinition ? "endpoint" : "handler", consumer.Types.Patterns, status?.State.DisabledAt is null,
        Shape.Depth(status), status?.Running ?? 0);
}
