using Carrick.Authentication;
using Carrick.Problems;
using Carrick.Rest.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Carrick.Rest.Routes;

/// <summary>API keys: list, create, revoke.</summary>
internal static class KeyRoutes
{
    public static void MapKeys(this IEndpointRouteBuilder api)
    {
        api.MapGet("/keys", ListAsync).WithTags("keys").Produces<Page<ApiKeyResource>>()
            .Api("listKeys", "Lists API keys, revoked ones too, never the keys themselves.", ApiScope.Admin);
        api.MapPost("/keys", CreateAsync).WithTags("keys").Reads<CreateApiKeyRequest>().Produces<CreatedApiKeyResource>(201)
            .Api("createKey", "Makes an API key; the answer is the only place that shows it.", ApiScope.Admin);
        api.MapDelete("/keys/{id}", RevokeAsync).WithTags("keys").Produces(204)
            .Api("revokeKey", "Revokes an API key at once.", ApiScope.Admin).Problems(404);
    }

    private static async Task<IResult> ListAsync(ApiKeys keys, CancellationToken cancellationToken) =>
        Paging.All((await keys.ListAsync(cancellationToken)).OrderByDescending(key => key.Id).Select(Shape.Of), ApiJson.Default.PageApiKeyResource);

    private static async Task<IResult> CreateAsync(HttpContext context, ApiKeys keys, CancellationToken cancellationToken)
    {
        var (body, problem) = await BodyReader.ReadAsync(context.Request, ApiJson.Default.CreateApiKeyRequest, null, cancellationToken);
        if (body is null)
        {
            return problem!;
        }

        var rules = new BodyRules();
        var name = rules.Text("#/name", rules.Required("#/name", body.Name) is { Length: > 0 } given ? given : null, longest: 100);
        var reason = rules.Reason(body.Reason);
        if (body.Scopes is not { Count: >= 1 and <= 3 } scopes || !scopes.All(ApiScope.IsScope))
        {
            rules.Add("#/scopes", "invalid_value", "Use one or more of read, operate and admin.");
            return Problem.Invalid(rules.Errors);
        }

        if (rules.Errors.Count > 0)
        {
            return Problem.Invalid(rules.Errors);
        }

        var made = await keys.CreateAsync(name!, scopes, ApiRequest.By(context, reason), cancellationToken);
        var shown = Shape.Of(made.Record);
        return TypedResults.Json(
            new CreatedApiKeyResource
            {
                Id = shown.Id,
                Name = shown.Name,
                Prefix = shown.Prefix,
                Scopes = shown.Scopes,
                CreatedAt = shown.CreatedAt,
                RevokedAt = shown.RevokedAt,
                Key = made.Key,
            },
            ApiJson.Default.CreatedApiKeyResource,
            statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> RevokeAsync(HttpContext context, string id, ApiKeys keys, CancellationToken cancellationToken) =>
        RecordId.TryParse(id, IdPrefix.ApiKey, out var key) && await keys.RevokeAsync(key, ApiRequest.By(context), cancellationToken)
            ? TypedResults.NoContent()
            : Problem.NotFound(id);
}
