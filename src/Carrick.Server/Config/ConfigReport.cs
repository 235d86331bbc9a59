using System.Text.Json;
using System.Text.Json.Nodes;

namespace Carrick.Server.Config;

/// <summary>Says what came of reading a configuration. Shows names only, never values.</summary>
internal static class ConfigReport
{
    public static string Summary(ConfigDocument document)
    {
        var endpoints = document.Integrations.Sum(integration => integration.Consumers.Count);
        return $"valid: {Count(document.Integrations.Count, "integration")}, {Count(endpoints, "endpoint")}";
    }

    public static JsonElement ToJson(ConfigResult result)
    {
        var report = new JsonObject { ["valid"] = result.Document is not null, ["errors"] = Errors(result.Errors) };
        return JsonDocument.Parse(report.ToJsonString()).RootElement;
    }

    private static JsonArray Errors(IEnumerable<ConfigError> errors) => new([.. errors.Select(error => new JsonObject
    {
        ["file"] = error.File,
        ["line"] = error.Line,
        ["column"] = error.Column,
        ["key"] = error.Key,
        ["detail"] = error.Message,
        ["remedy"] = error.Remedy,
        ["text"] = error.ToString(),
    })]);

    private static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
