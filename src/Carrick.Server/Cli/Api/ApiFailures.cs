using System.Globalization;
using System.Text.Json;

namespace Carrick.Server.Cli.Api;

/// <summary>Turns an answer that is no success into words and an exit code. Pure.</summary>
internal static class ApiFailures
{
    public static CliFailure From(HttpResponseMessage response, byte[] body, bool hasKey)
    {
        var status = (int)response.StatusCode;
        var problem = Problem(body);
        var detail = Text(problem, "detail") ?? Text(problem, "title") ?? $"The server answered {status.ToString(CultureInfo.InvariantCulture)}.";
        return status switch
        {
            401 => new CliFailure(
                ExitCodes.NotAuthorised,
                hasKey ? "The server does not accept the API key." : "The server asks for an API key and none is set.",
                $"Set {ApiKeySource.Variable} or use --api-key-file; the first start of the server prints a key, 'carrick keys create' makes more."),
            403 => new CliFailure(ExitCodes.NotAuthorised, detail, "Use an API key with the scope that is asked for."),
            404 => new CliFailure(ExitCodes.NotFound, detail),
            400 or 413 or 415 or 422 => new CliFailure(ExitCodes.Usage, detail) { Details = Errors(problem) },
            429 or 503 => new CliFailure(ExitCodes.Busy, detail, RetryAfter(response)),
            >= 300 and < 400 => new CliFailure(ExitCodes.Failure, "The server redirects to another URL.", "Use --server with the URL that serves the API itself."),
            _ => new CliFailure(ExitCodes.Failure, detail),
        };
    }

    /// <summary>Why a connection failed, in words.</summary>
    public static string Reason(HttpRequestException exception) => exception.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "its name cannot be resolved",
        HttpRequestError.ConnectionError => "no connection",
        HttpRequestError.SecureConnectionError => "no secure connection",
        HttpRequestError.ConfigurationLimitExceeded => "its answer is too large",
        _ => "its answer is not HTTP or breaks off",
    };

    private static JsonElement? Problem(byte[] body)
    {
        try
        {
            var element = JsonSerializer.Deserialize(body, CliJson.Default.JsonElement);
            return element.ValueKind == JsonValueKind.Object ? element : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // The errors of a problem: a parameter or a place in a file, and what is wrong with it.
    private static IReadOnlyList<string> Errors(JsonElement? problem)
    {
        if (problem is not { } root || !root.TryGetProperty("errors", out var errors) || errors.ValueKind != JsonValueKind.Array)
        {
            return [];
        }

        return [.. errors.EnumerateArray().Where(error => error.ValueKind == JsonValueKind.Object).Select(Line)];

        static string Line(JsonElement error) => Text(error, "text")
            ?? string.Join(": ", new[] { Text(error, "parameter") ?? Text(error, "pointer"), Text(error, "detail") }.Where(part => part is not null));
    }

    private static string? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter?.Delta is { } delta ? $"Try again in {Math.Ceiling(delta.TotalSeconds).ToString(CultureInfo.InvariantCulture)} s." : "Try again later.";

    private static string? Text(JsonElement? element, string name) =>
        element is { } root && root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
