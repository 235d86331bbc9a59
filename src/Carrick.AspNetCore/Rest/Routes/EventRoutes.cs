using Carrick.Authentication;
using Carrick.Operations;
using Carrick.Problems;
using Carrick.Rest.Contract;
using Carrick.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Carrick.Rest.Routes;

/// <summary>Events: list, show, payload, replay.</summary>
internal static class EventRoutes
{
    public static void MapEvents(this IEndpointRouteBuilder api)
    {
        api.MapGet("/events", ListAsync).WithTags("events").Produces<Page<EventSummaryResource>>()
            .Api("listEvents", "Lists events, newest first.", ApiScope.Read,
                new("integration", "The integration's name."),
                new("type", "The type, exact."),
                new("messageId", "The message id, exact."),
                new("subject", "The subject, exact."),
                new("from", "Received at this time or later.") { IsTime = true },
                new("to", "Received before this time.") { IsTime = true },
                QueryParameter.Limit, QueryParameter.Cursor);
        api.MapGet("/events/{id}", GetAsync).WithTags("events").Produces<EventResource>()
            .Api("getEvent", "Shows an event with its deliveries.", ApiScope.Read).Problems(404);
        api.MapGet("/events/{id}/payload", GetPayloadAsync).WithTags("events").Produces<byte[]>(200, "application/octet-stream")
            .Api("getEventPayload", "Returns the exact bytes of an event, with the content type as received.", ApiScope.Read).Problems(404);
        api.MapPost("/events/{id}/replay", ReplayAsync).WithTags("events").Reads<ReplayEventRequest>(optional: true).Produces<ReplayedResource>()
            .Api("replayEvent", "Makes new deliveries of an event.", ApiScope.Operate).Problems(404);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IStore store, CancellationToken cancellationToken)
    {
        var query = new QueryReader(context);
        var filter = new EventFilter(
            query.Text("integration"), query.Text("type"), query.Text("messageId"), query.Text("subject"), query.Time("from"), query.Time("to"));
        var (limit, cursor) = (query.Limit(), query.Cursor());
        if (query.Errors.Count > 0)
        {
            return Problem.Invalid(query.Errors);
        }

        var page = await store.Queries.ListEventsAsync(filter, cursor, limit, cancellationToken);
        return Paging.Page(query, page, limit, Shape.Of, ApiJson.Default.PageEventSummaryResource);
    }

    private static async Task<IResult> GetAsync(string id, IStore store, IOperations operations, CancellationToken cancellationToken) =>
        await FindAsync(id, store, cancellationToken) is { } found
            ? TypedResults.Json(Shape.Of(found, operations), ApiJson.Default.EventResource)
            : Problem.NotFound(id);

    private static async Task<IResult> GetPayloadAsync(string id, IStore store, CancellationToken cancellationToken) =>
        await FindAsync(id, store, cancellationToken) is { } found ? new PayloadResult(found.Event) : Problem.NotFound(id);

    private static async Task<IResult> ReplayAsync(HttpContext context, string id, IOperations operations, CancellationToken cancellationToken)
    {
        var (body, problem) = await BodyReader.ReadAsync(
            context.Request, ApiJson.Default.ReplayEventRequest, new ReplayEventRequest(), cancellationToken);
        if (body is null)
        {
            return problem!;
        }

        var rules = new BodyRules();
        var (consumer, reason) = (rules.Text("#/consumer", body.Consumer), rules.Reason(body.Reason));
        if (consumer is not null && !operations.ListConsumers().Any(status => status.Definition.Name == consumer))
        {
            rules.Add("#/consumer", "unknown_consumer", "There is no such consumer.");
        }

        if (rules.Errors.Count > 0)
        {
            return Problem.Invalid(rules.Errors);
        }

        if (!RecordId.TryParse(id, IdPrefix.Event, out var eventId))
        {
            return Problem.NotFound(id);
        }

        var made = await operations.ReplayEventAsync(eventId, consumer, body.Force, ApiRequest.By(context, reason), cancellationToken);
        return made is null
            ? Problem.NotFound(id)
            : TypedResults.Json(
                new ReplayedResource([.. made.Select(delivery => delivery.ToString(IdPrefix.Delivery))]), ApiJson.Default.ReplayedResource);
    }

    private static async ValueTask<EventDetail?> FindAsync(string id, IStore store, CancellationToken cancellationToken) =>
        RecordId.TryParse(id, IdPrefix.Event, out var eventId) ? await store.Queries.FindEventAsync(eventId, cancellationToken) : null;
}
