using Carrick.Authentication;
using Carrick.Operations;
using Carrick.Problems;
using Carrick.Rest.Contract;
using Carrick.Retry;
using Carrick.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Carrick.Rest.Routes;

/// <summary>Dead letters: list, replay, discard.</summary>
internal static class DeadLetterRoutes
{
    private const int DiscardBatch = 1_000;

    public static void MapDeadLetters(this IEndpointRouteBuilder api)
    {
        api.MapGet("/dead-letters", ListAsync).WithTags("dead letters").Produces<Page<DeliveryResource>>()
            .Api("listDeadLetters", "Lists dead letters that were neither replayed nor discarded, newest first.", ApiScope.Read,
                new("integration", "The integration's name."),
                new("consumer", "The consumer's name: integration/consumer."),
                new("type", "The event type, exact."),
                new("category", "The failure category.") { Words = [.. ApiWords.All<FailureCategory>().Skip(1)] },
                new("from", "Dead at this time or later.") { IsTime = true },
                new("to", "Dead before this time.") { IsTime = true },
                QueryParameter.Limit, QueryParameter.Cursor);
        api.MapPost("/dead-letters/replay", ReplayAsync).WithTags("dead letters").Reads<ReplayDeadLettersRequest>()
            .Produces<DryRunResource>().Produces<ReplayResource>(202)
            .Api("replayDeadLetters", "Starts a durable job that replays dead letters, or counts them (dryRun).", ApiScope.Operate);
        api.MapPost("/dead-letters/discard", DiscardAsync).WithTags("dead letters").Reads<DiscardDeadLettersRequest>().Produces<DiscardedResource>()
            .Api("discardDeadLetters", "Discards dead letters, at most 1,000 in a call, or counts them (dryRun).", ApiScope.Operate);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IStore store, IOperations operations, CancellationToken cancellationToken)
    {
        var query = new QueryReader(context);
        var filter = new DeadLetterFilter
        {
            Integration = query.Text("integration"),
            Consumer = query.Text("consumer"),
            Type = query.Text("type"),
            Category = query.Word<FailureCategory>("category"),
            From = query.Time("from"),
            To = query.Time("to"),
        };
        var (limit, cursor) = (query.Limit(), query.Cursor());
        if (query.Errors.Count > 0)
        {
            return Problem.Invalid(query.Errors);
        }

        var page = await store.Queries.ListDeadLettersAsync(filter, cursor, limit, cancellationToken);
        return Paging.Page(query, page, limit, item => Shape.Of(item, operations), ApiJson.Default.PageDeliveryResource);
    }

    private static async Task<IResult> ReplayAsync(HttpContext context, IStore store, IOperations operations, CancellationToken cancellationToken)
    {
        var (body, problem) = await BodyReader.ReadAsync(context.Request, ApiJson.Default.ReplayDeadLettersRequest, null, cancellationToken);
        if (body is null)
        {
            return problem!;
        }

        var rules = new BodyRules();
        var (filter, rate, reason) = (rules.Filter(body.Filter), rules.Rate(body.RatePerSecond), rules.Reason(body.Reason));
        if (rules.Errors.Count > 0)
        {
            return Problem.Invalid(rules.Errors);
        }

        if (body.DryRun)
        {
            var count = await store.Queries.CountDeadLettersAsync(filter, cancellationToken);
            return TypedResults.Json(new DryRunResource(true, count), ApiJson.Default.DryRunResource);
        }

        var job = Shape.Of(await operations.StartReplayAsync(filter, rate, body.Force, ApiRequest.By(context, reason), cancellationToken));
        context.Response.Headers.Location = ApiRequest.Sibling(context, "/dead-letters/replay", "/replays/" + job.Id);
        return TypedResults.Json(job, ApiJson.Default.ReplayResource, statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> DiscardAsync(HttpContext context, IStore store, IOperations operations, CancellationToken cancellationToken)
    {
        var (body, problem) = await BodyReader.ReadAsync(context.Request, ApiJson.Default.DiscardDeadLettersRequest, null, cancellationToken);
        if (body is null)
        {
            return problem!;
        }

        var rules = new BodyRules();
        var (filter, reason) = (rules.Filter(body.Filter), rules.Reason(body.Reason));
        if (body.Filter is null)
        {
            rules.Add("#/filter", "required", "It is required; an empty filter matches all.");
        }

        if (rules.Errors.Count > 0)
        {
            return Problem.Invalid(rules.Errors);
        }

        long discarded = 0;
        if (body.DryRun)
        {
            discarded = await store.Queries.CountDeadLettersAsync(filter, cancellationToken);
            return TypedResults.Json(new DiscardedResource(true, discarded, discarded), ApiJson.Default.DiscardedResource);
        }

        var by = ApiRequest.By(context, reason);
        foreach (var item in await store.Queries.ReadDeadLettersAsync(filter, null, null, DiscardBatch, cancellationToken))
        {
            discarded += await operations.DiscardAsync(item.Id, by, cancellationToken) ? 1 : 0;
        }

        var remaining = await store.Queries.CountDeadLettersAsync(filter, cancellationToken);
        return TypedResults.Json(new DiscardedResource(false, discarded, remaining), ApiJson.Default.DiscardedResource);
    }
}
