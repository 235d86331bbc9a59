using System.Globalization;
using System.Text.Json.Nodes;
using Carrick.Authentication;
using Carrick.Problems;
using Carrick.Rest;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Carrick.OpenApi;

/// <summary>Writes what only our metadata knows into the operations: ids, scopes, query parameters, error examples.</summary>
internal static class OperationRules
{
    public static Task ApplyAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.OperationId = metadata.OfType<ApiRoute>().LastOrDefault()?.Id ?? operation.OperationId;
        if (metadata.OfType<ApiScopeMetadata>().LastOrDefault() is { } scope)
        {
            operation.Description = $"Needs a key with the scope `{scope.Scope}`.";
        }

        foreach (var parameter in metadata.OfType<QueryParameters>().SelectMany(parameters => parameters.Items))
        {
            (operation.Parameters ??= []).Add(Describe(parameter));
        }

        operation.RequestBody?.Content?.Remove(ApiRouteExtensions.AnyMediaType);
        foreach (var (status, response) in operation.Responses ?? [])
        {
            AddExample(int.Parse(status, CultureInfo.InvariantCulture), response);
        }

        return Task.CompletedTask;
    }

    private static OpenApiParameter Describe(QueryParameter parameter) => new()
    {
        Name = parameter.Name,
        In = ParameterLocation.Query,
        Description = parameter.Description,
        Schema = new OpenApiSchema
        {
            Type = parameter.Maximum is null ? JsonSchemaType.String : JsonSchemaType.Integer,
            Format = parameter.IsTime ? "date-time" : null,
            Pattern = parameter.IdPrefix is { } prefix ? $"^{prefix}_[0-9A-Za-z]{{26}}$" : null,
            Enum = parameter.Words is { } words ? [.. words.Select(word => (JsonNode)word)] : null,
            Minimum = parameter.Minimum?.ToString(CultureInfo.InvariantCulture),
            Maximum = parameter.Maximum?.ToString(CultureInfo.InvariantCulture),
            Default = parameter.Default is { } value ? JsonValue.Create(value) : null,
        },
    };

    private static void AddExample(int status, IOpenApiResponse response)
    {
        if (response is OpenApiResponse { Content: { } content }
            && content.TryGetValue("application/problem+json", out var media)
            && ProblemCode.All.FirstOrDefault(code => code.Status == status) is { } code)
        {
            media.Example = new JsonObject
            {
                ["type"] = code.Type,
                ["title"] = code.Title,
                ["status"] = code.Status,
                ["code"] = code.Code,
                ["requestId"] = "0HN7GFQ3A1B2C:00000001",
            };
        }
    }
}
