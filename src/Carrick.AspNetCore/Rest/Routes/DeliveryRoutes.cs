using Carrick.Authentication;
using Carrick.Operations;
using Carrick.Problems;
using Carrick.Rest.Contract;
using Carrick.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Carrick.Rest.Routes;

/// <summary>Deliveries: list, show, retry, discard.</summary>
internal static class DeliveryRoutes
{
    public static void MapDeliveries(this IEndpointRouteBuilder api)
    {
        api.MapGet("/deliveries", ListAsync).WithTags("deliveries").Produces<Page<DeliveryResource>>()
            .Api("listDeliveries", "Lists deliveries in any state, newest first.", ApiScope.Read,
                new("state", "The state.") { Words = ApiWords.All<DeliveryState>() },
                new("consumer", "The consumer's name: integration/consumer."),
                new("integration", "The integration's name."),
                new("eventId", "The event.") { IdPrefix = IdPrefix.Event },
                QueryParameter.Limit, QueryParameter.Cursor);
        api.MapGet("/deliveries/{id}", GetAsync).WithTags("deliveries").Produces<DeliveryDetailResource>()
            .Api("getDelivery", "Shows a delivery with its attempts.", ApiScope.Read).Problems(404);
        api.MapPost("/deliveries/{id}/retry", RetryAsync).WithTags("deliveries").Reads<ReasonRequest>(optional: true).Produces<RetriedResource>()
            .Api("retryDelivery", "Makes an outstanding delivery due at once; replays a dead one.", ApiScope.Operate).Problems(404, 409);
        api.MapPost("/deliveries/{id}/discard", DiscardAsync).WithTags("deliveries").Reads<ReasonRequest>(optional: true).Produces(204)
            .Api("discardDelivery", "Drops an outstanding or dead delivery.", ApiScope.Operate).Problems(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IStore store, IOperations operations, CancellationToken cancellationToken)
    {
        var query = new QueryReader(context);
        var filter = new DeliveryFilter(
            query.Word<DeliveryState>("state"), query.Text("consumer"), query.Text("integration"), query.Id("eventId", IdPrefix.Event));
        var (limit, cursor) = (query.Limit(), query.Cursor());
        if (query.Errors.Count > 0)
        {
            return Problem.Invalid(query.Errors);
        }

        var page = await LiveDeliveries.ListAsync(store.Queries, operations, filter, cursor, limit, cancellationToken);
        return TypedResults.Json(
            new Page<DeliveryResource>([.. page.Items.Select(item => Shape.Of(item, operations))], page.Last is { } last ? query.Next(last) : null)
            {
                SearchedTo = Paging.SearchedTo(page.Items.Count, page.Last, limit),
            },
            ApiJson.Default.PageDeliveryResource);
    }

    private static async Task<IResult> GetAsync(string id, IStore store, IOperations operations, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, store, cancellationToken) is not { } found)
        {
            return Problem.NotFound(id);
        }

        var attempts = await store.Queries.ListAttemptsAsync(found.Id, cancellationToken);
        return TypedResults.Json(Shape.Of(found, attempts, operations), ApiJson.Default.DeliveryDetailResource);
    }

    private static Task<IResult> RetryAsync(HttpContext context, string id, IStore store, IOperations operations, CancellationToken cancellationToken) =>
        ActAsync(context, id, store, async (delivery, by) =>
            await operations.RetryAsync(delivery, by, cancellationToken) is { } next
                ? TypedResults.Json(new RetriedResource(next.ToString(IdPrefix.Delivery)), ApiJson.Default.RetriedResource)
                : null, cancellationToken);

    private static Task<IResult> DiscardAsync(HttpContext context, string id, IStore store, IOperations operations, CancellationToken cancellationToken) =>
        ActAsync(context, id, store, async (delivery, by) =>
            await operations.DiscardAsync(delivery, by, cancellationToken) ? TypedResults.NoContent() : null, cancellationToken);

    private static async Task<IResult> ActAsync(
        HttpContext context, string id, IStore store, Func<RecordId, Operator, Task<IResult?>> act, CancellationToken cancellationToken)
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

        if (!RecordId.TryParse(id, IdPrefix.Delivery, out var delivery))
        {
            return Problem.NotFound(id);
        }

        if (await act(delivery, ApiRequest.By(context, reason)) is { } done)
        {
            return done;
        }

        return await store.Queries.FindDeliveryAsync(delivery, cancellationToken) is { } found
            ? Problem.Of(ProblemCode.Conflict, $"The delivery is {ApiWords.Of(found.State)}; it can no longer be changed.")
            : Problem.NotFound(id);
    }

    private static async ValueTask<DeliveryView?> FindAsync(string id, IStore store, CancellationToken cancellationToken) =>
        RecordId.TryParse(id, IdPrefix.Delivery, out var delivery) ? await store.Queries.FindDeliveryAsync(delivery, cancellationToken) : null;
}
