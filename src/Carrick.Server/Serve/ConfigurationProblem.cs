using Carrick.Problems;
using Carrick.Server.Config;

namespace Carrick.Server.Serve;

/// <summary>Answers 400 (RFC 9457) with the lines and keys that are wrong.</summary>
internal sealed class ConfigurationProblem(string? detail, IReadOnlyList<ConfigError> errors) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var code = ProblemCode.InvalidConfiguration;
        httpContext.Response.StatusCode = code.Status;
        var body = new ConfigurationProblemResource(
            code.Type, code.Title, code.Status, code.Code, detail, httpContext.TraceIdentifier, [.. errors.Select(ConfigurationErrorResource.Of)]);
        return httpContext.Response.WriteAsJsonAsync(
            body, ServeJson.Default.ConfigurationProblemResource, "application/problem+json", httpContext.RequestAborted);
    }
}
