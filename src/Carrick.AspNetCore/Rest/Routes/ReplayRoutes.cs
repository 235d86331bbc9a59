using Carrick.Authentication;
using Carrick.Operations;
using Carrick.Problems;
using Carrick.Rest.Contract;
using Carrick.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Carrick.Rest.Routes;

/// <summary>Replay jobs: list, show, cancel.</summary>
internal static class ReplayRoutes
{
    public static void MapReplays(this IEndpointRouteBuilder api)
    {
        api.MapGet("/replays", ListAsync).WithTags("replays").Produces<Page<ReplayResource>>()
            .Api("listReplays", "Lists replay jobs, newest first.", ApiScope.Read, QueryParameter.Limit, QueryParameter.Cursor);
        api.MapGet("/replays/{id}", GetAsync).WithTags("replays").Produces<ReplayResource>()
            .Api("getReplay", "Shows a replay job and its progress.", ApiScope.Read).Problems(404);
        api.MapPost("/replays/{id}/cancel", CancelAsync).WithTags("replays").Reads<ReasonRequest>(optional: true).Produces<ReplayResource>()
            .Api("cancelReplay", "Stops a replay job; what it has replayed stays replayed.", ApiScope.Operate).Problems(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IStore store, CancellationToken cancellationToken)
    {
        var query = new QueryReader(context);
        var (limit, cursor) = (query.Limit(), query.Cursor());
        if (query.Errors.Count > 0)
        {
            return Problem.Invalid(query.Errors);
        }

        var items = await store.Queries.ListReplaysAsync(cursor, limit + 1, cancellationToken);
        return Paging.Page(query, items, limit, item => item.Id, Shape.Of, ApiJson.Default.PageReplayResource);
    }

    private static async Task<IResult> GetAsync(string id, IStore store, CancellationToken cancellationToken) =>
        await FindAsync(id, store, cancellationToken) is { } job
            ? TypedResults.Json(Shape.Of(job), ApiJson.Default.ReplayResource)
            : Problem.NotFound(id);

    private static async Task<IResult> CancelAsync(
        HttpContext context, string id, IStore store, IOperations operations, CancellationToken cancellationToken)
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

        if (!RecordId.TryParse(id, IdPrefix.Replay, out var jobId))
        {
            return Problem.NotFound(id);
        }

        var cancelled = await operations.CancelReplayAsync(jobId, ApiRequest.By(context, reason), cancellationToken);
        return (await FindAsync(id, store, cancellationToken), cancelled) switch
        {
            (null, _) => Problem.NotFound(id),
            ({ } job, true) => TypedResults.Json(Shape.Of(job), ApiJson.Default.ReplayResource),
            ({ } job, false) => Problem.Of(ProblemCode.Conflict, $"The job is {ApiWords.Of(job.State)}."),
        };
    }

    private static async ValueTask<ReplayJob?> FindAsync(string id, IStore store, CancellationToken cancellationToken) =>
        RecordId.TryParse(id, IdPrefix.Replay, out var jobId) ? await store.Queries.FindReplayAsync(jobId, cancellationToken) : null;
}
