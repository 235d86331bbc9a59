using System.Runtime.InteropServices;
using System.Text.Json;
using Carrick.Authentication;
using Carrick.Hosting;
using Carrick.Problems;
using Carrick.Rest.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Carrick.Rest.Routes;

/// <summary>Events: publish.</summary>
internal static class PublishRoute
{
    public static void MapPublish(this IEndpointRouteBuilder api) =>
        api.MapPost("/events", PublishAsync).WithTags("events").Reads<PublishRequest>()
            .Produces<PublishedResource>(201).Produces<PublishedResource>()
            .Api("publishEvent", "Publishes an event; answers 200 instead of 201 if the message id was known.", ApiScope.Operate);

    private static async Task<IResult> PublishAsync(
        HttpContext context, IEventIngress ingress, ICarrickEngine engine, TimeProvider time, CancellationToken cancellationToken)
    {
        var (body, problem) = await BodyReader.ReadAsync(context.Request, ApiJson.Default.PublishRequest, null, cancellationToken);
        if (body is null)
        {
            return problem!;
        }

        var rules = new BodyRules();
        var payload = Payload(body, rules);
        var incoming = new IncomingEvent
        {
            Integration = rules.Integration("#/integration", body.Integration, engine.Topology),
            Type = rules.Required("#/type", body.Type),
            MessageId = rules.Text("#/messageId", body.MessageId) ?? Guid.CreateVersion7(time.GetUtcNow()).ToString("N"),
            Subject = rules.Text("#/subject", body.Subject),
            Version = body.Version,
            ContentType = ContentType(body, rules),
            Body = payload,
        };
        if (rules.Errors.Count > 0)
        {
            return Problem.Invalid(rules.Errors);
        }

        var result = (await ingress.IngestAsync([incoming], cancellationToken))[0];
        var id = result.Id.ToString(IdPrefix.Event);
        if (!result.Duplicate)
        {
            context.Response.Headers.Location = ApiRequest.Sibling(context, string.Empty, "/" + id);
        }

        return TypedResults.Json(
            new PublishedResource(id, result.Duplicate), ApiJson.Default.PublishedResource, statusCode: result.Duplicate ? 200 : 201);
    }

    private static ReadOnlyMemory<byte> Payload(PublishRequest body, BodyRules rules)
    {
        var hasData = body.Data.ValueKind != JsonValueKind.Undefined;
        if (hasData == (body.DataBase64 is not null))
        {
            rules.Add("#/data", "required", "Give either data or dataBase64.");
            return default;
        }

        if (hasData)
        {
            return JsonMarshal.GetRawUtf8Value(body.Data).ToArray();
        }

        var bytes = new byte[body.DataBase64!.Length];
        if (Convert.TryFromBase64String(body.DataBase64, bytes, out var written))
        {
            return bytes.AsMemory(0, written).ToArray();
        }

        rules.Add("#/dataBase64", "invalid_base64", "Use standard base64 with padding.");
        return default;
    }

    private static string ContentType(PublishRequest body, BodyRules rules)
    {
        var type = rules.Text("#/contentType", body.ContentType);
        if (type is not null && !MediaTypeHeaderValue.TryParse(type, out _))
        {
            rules.Add("#/contentType", "invalid_value", "Use a media type such as application/json.");
        }

        return type ?? (body.DataBase64 is null ? "application/json" : "application/octet-stream");
    }
}
