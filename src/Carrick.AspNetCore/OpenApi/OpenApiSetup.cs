using Carrick.Authentication;
using Carrick.Problems;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Carrick.OpenApi;

/// <summary>How the document is made of the routes.</summary>
internal static class OpenApiSetup
{
    /// <summary>Not <c>v1</c>, which is the default name of a document of the host's own.</summary>
    public const string DocumentName = "carrick-v1";

    private const string SecurityScheme = "apiKey";

    public static void AddOpenApiDocument(this IServiceCollection services)
    {
        services.AddOpenApi(DocumentName, options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.ShouldInclude = route =>
                route.ActionDescriptor.EndpointMetadata.OfType<ApiScopeMetadata>().Any()
                && route.RelativePath?.Contains("v1/", StringComparison.Ordinal) == true;
            options.CreateSchemaReferenceId = type =>
                OpenApiOptions.CreateDefaultSchemaReferenceId(type)?.Replace("Resource", string.Empty, StringComparison.Ordinal);
            options.AddSchemaTransformer(SchemaRules.ApplyAsync);
            options.AddOperationTransformer(OperationRules.ApplyAsync);
            options.AddDocumentTransformer(static (document, _, _) =>
            {
                Describe(document);
                return Task.CompletedTask;
            });
        });
        services.AddSingleton<OpenApiDocuments>();
    }

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Carrick",
            Version = "v1",
            Description = "Events, deliveries, dead letters and their replay. Errors are application/problem+json with a stable code: "
                + string.Join(", ", ProblemCode.All.Select(code => code.Code)) + ".",
            License = new OpenApiLicense { Name = "Apache-2.0", Identifier = "Apache-2.0" },
        };
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [SecurityScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key: ck_ and 33 characters. Scopes: read, operate, admin; each includes the ones before.",
            },
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(SecurityScheme, document)] = [] }];
    }
}
