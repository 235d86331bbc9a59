using Carrick.Authentication;
using Carrick.Problems;
using Carrick.Rest.Contract;
using Carrick.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Carrick.Rest.Routes;

/// <summary>The audit log: list.</summary>
internal static class AuditRoutes
{
    public static void MapAudit(this IEndpointRouteBuilder api) =>
        api.MapGet("/audit", ListAsync).WithTags("audit").Produces<Page<AuditResource>>()
            .Api("listAudit", "Lists what operators did, newest first.", ApiScope.Admin, QueryParameter.Limit, QueryParameter.Cursor);

    private static async Task<IResult> ListAsync(HttpContext context, IStore store, CancellationToken cancellationToken)
    {
        var query = new QueryReader(context);
        var (limit, cursor) = (query.Limit(), query.Cursor());
        if (query.Errors.Count > 0)
        {
            return Problem.Invalid(query.Errors);
        }

        var items = await store.Queries.ListAuditAsync((long?)cursor?.Low, limit + 1, cancellationToken);
        return Paging.Page(query, items, limit, item => new RecordId(0, (ulong)item.Number), Shape.Of, ApiJson.Default.PageAuditResource);
    }
}
