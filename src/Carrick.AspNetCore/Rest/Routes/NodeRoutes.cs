using Carrick.Authentication;
using Carrick.Operations;
using Carrick.Rest.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Carrick.Rest.Routes;

/// <summary>The nodes that share the work: list.</summary>
internal static class NodeRoutes
{
    public static void MapNodes(this IEndpointRouteBuilder api) =>
        api.MapGet("/nodes", ListAsync).WithTags("server").Produces<Page<NodeResource>>()
            .Api("listNodes", "Lists the processes that share the store, with their shards of the work.", ApiScope.Read);

    private static async Task<IResult> ListAsync(IOperations operations, CancellationToken cancellationToken)
    {
        var nodes = await operations.ListNodesAsync(cancellationToken);
        return Paging.All(nodes.Select(Shape.Of), ApiJson.Default.PageNodeResource);
    }
}
