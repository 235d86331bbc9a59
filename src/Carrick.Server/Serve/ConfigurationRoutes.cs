using System.Text;
using Carrick.Authentication;
using Carrick.Commit;
using Carrick.Hosting;
using Carrick.Problems;
using Carrick.Rest;
using Carrick.Server.Config;
using Carrick.Storage.Commands;

namespace Carrick.Server.Serve;

/// <summary><c>PUT /v1/config</c> checks a document with the server's environment, puts it in force and stores it; <c>GET /v1/config</c> shows it.</summary>
internal static partial class ConfigurationRoutes
{
    private const string MediaType = "application/yaml";

    private static readonly QueryParameter File = new("file", "The name that errors are told with.");
    private static readonly QueryParameter DryRun = new("dryRun", "Only check.") { Words = ["true", "false"] };

    public static void MapConfiguration(this IEndpointRouteBuilder api, Func<string, string?> environment)
    {
        api.MapGet("/config", Read).WithTags("server").Produces<string>(StatusCodes.Status200OK, MediaType)
            .Api("getConfiguration", "Shows the configuration in force; of variables the names only.", ApiScope.Admin).Problems(404);
        api.MapPut("/config", (HttpContext context, ActiveConfiguration active) => WriteAsync(context, active, environment)).WithTags("server")
            .Accepts<string>(MediaType, ApiRouteExtensions.AnyMediaType).Produces<AppliedResource>()
            .Api("putConfiguration", "Checks a configuration and puts it in force.", ApiScope.Admin, File, DryRun).Problems(413)
            .Produces<ConfigurationProblemResource>(StatusCodes.Status400BadRequest, "application/problem+json");
    }

    private static IResult Read(ActiveConfiguration active) => active.Document is { } document
        ? TypedResults.Text(document, MediaType)
        : Problem.Of(ProblemCode.NotFound, "No configuration is in force.");

    private static async Task<IResult> WriteAsync(HttpContext context, ActiveConfiguration active, Func<string, string?> environment)
    {
        var query = new QueryReader(context);
        var (file, dryRun) = (query.Text(File.Name), query.Flag(DryRun.Name));
        if (query.Errors.Count > 0)
        {
            return Problem.Invalid(query.Errors);
        }

        if (await ReadBodyAsync(context) is not { } body)
        {
            return Problem.Of(ProblemCode.BodyTooLarge, "The configuration is larger than 1 MiB.");
        }

        var result = ConfigParser.Parse(body, file is null ? "carrick.yaml" : ConfigText.Show(file).Trim('\''), environment);
        if (result.Document is not { } document)
        {
            return new ConfigurationProblem(null, result.Errors);
        }

        if (RunningRules.Check(document, context.RequestServices.GetRequiredService<ICarrickEngine>().Topology) is { Count: > 0 } changes)
        {
            return new ConfigurationProblem(null, changes);
        }

        if (!dryRun && await ApplyAsync(context, active, document, Encoding.UTF8.GetString(body)) is { } problem)
        {
            return problem;
        }

        return TypedResults.Json(
            new AppliedResource(
                !dryRun,
                document.Integrations.Count,
                document.Integrations.Sum(integration => integration.Consumers.Count),
                document.Settings.AtStart != active.Settings.AtStart),
            ServeJson.Default.AppliedResource);
    }

    /// <summary>In force first, then stored: an engine that refuses the document leaves nothing behind, and a store that cannot write is told to the caller.</summary>
    private static async Task<IResult?> ApplyAsync(HttpContext context, ActiveConfiguration active, ConfigDocument document, string text)
    {
        var services = context.RequestServices;
        await active.Applying.WaitAsync(context.RequestAborted);
        try
        {
            await services.GetRequiredService<ICarrickEngine>().ApplyAsync(document.Integrations, context.RequestAborted);
            OptionSections.SetRetention(services, document.Settings);
            active.Document = text;
            var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
            await services.GetRequiredService<ICommitQueue>().SubmitAsync(
                new PutConfigurationCommand
                {
                    Document = text,
                    At = now,
                    Audit = new AuditEntry(now, ApiRequest.By(context).Actor, "configuration.apply", "configuration", null),
                },
                context.RequestAborted);
            LogApplied(services.GetRequiredService<ILogger<ActiveConfiguration>>(), document.Integrations.Count);
            return null;
        }
        catch (ArgumentException exception)
        {
            return new ConfigurationProblem(exception.Message, []);
        }
        catch (EngineFullException exception)
        {
            return Problem.Of(
                ProblemCode.EngineFull,
                "The store cannot write now. The configuration may be in force until the next start; apply it again.",
                exception.RetryAfter);
        }
        finally
        {
            active.Applying.Release();
        }
    }

    /// <returns>The body, or <see langword="null"/> if it is too long.</returns>
    private static async Task<byte[]?> ReadBodyAsync(HttpContext context)
    {
        if (context.Request.ContentLength > ConfigLimits.MaxBytes)
        {
            return null;
        }

        using var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int read;
        while ((read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted)) > 0)
        {
            if (buffer.Length + read > ConfigLimits.MaxBytes)
            {
                return null;
            }

            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }
}
