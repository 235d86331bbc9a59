using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Carrick.Problems;

/// <summary>An error answer (RFC 9457).</summary>
internal sealed class Problem : IResult
{
    private readonly ProblemCode _code;
    private readonly string? _detail;
    private readonly IReadOnlyList<ErrorItem>? _errors;
    private readonly TimeSpan? _retryAfter;

    private Problem(ProblemCode code, string? detail, IReadOnlyList<ErrorItem>? errors, TimeSpan? retryAfter) =>
        (_code, _detail, _errors, _retryAfter) = (code, detail, errors, retryAfter);

    public static Problem Of(ProblemCode code, string? detail = null, TimeSpan? retryAfter = null) => new(code, detail, null, retryAfter);

    public static Problem Invalid(IReadOnlyList<ErrorItem> errors) => new(ProblemCode.BadRequest, null, errors, null);

    public static Problem InvalidJson(string detail, ErrorItem? error) => new(ProblemCode.InvalidJson, detail, error is null ? null : [error], null);

    public static Problem NotFound(string id) => Of(ProblemCode.NotFound, $"'{Shorten(id)}' is unknown.");

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = _code.Status;
        ApiHeaders.Write(httpContext);
        if (_retryAfter is { } wait)
        {
            var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        var body = new ProblemResource
        {
            Type = _code.Type,
            Title = _code.Title,
            Status = _code.Status,
            Code = _code.Code,
            Detail = _detail,
            RequestId = httpContext.TraceIdentifier,
            Errors = _errors,
        };
        return response.WriteAsJsonAsync(body, ProblemJson.Default.ProblemResource, "application/problem+json", httpContext.RequestAborted);
    }

    private static string Shorten(string text) => text.Length <= 100 ? text : text[..100];
}
