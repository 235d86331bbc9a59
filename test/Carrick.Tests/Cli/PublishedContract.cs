using System.Text.Json;
using Carrick.Tests.Structure;

namespace Carrick.Tests.Cli;

/// <summary>Holds requests against <c>docs/contracts/openapi-server-v1.json</c>.</summary>
internal static class PublishedContract
{
    private static readonly JsonElement Document = JsonDocument.Parse(Repository.Read("docs/contracts/openapi-server-v1.json")).RootElement;

    /// <summary>What the contract has against the request; empty if nothing.</summary>
    public static string Fault(FakeServer.Asked asked)
    {
        var (method, path) = (asked.Request.Split(' ')[0].ToLowerInvariant(), asked.Request.Split(' ')[1]);
        var operation = Document.GetProperty("paths").EnumerateObject()
            .Where(candidate => Matches(candidate.Name, path))
            .Select(candidate => candidate.Value.TryGetProperty(method, out var found) ? found : default)
            .FirstOrDefault(found => found.ValueKind == JsonValueKind.Object);
        if (operation.ValueKind != JsonValueKind.Object)
        {
            return $"{asked.Request} is no operation.";
        }

        var unknown = asked.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')[0]).Except(Query(operation))
            .Concat(Members(asked).Except(Body(operation)))
            .ToList();
        return unknown.Count == 0 ? "" : $"{asked.Request} does not know {string.Join(", ", unknown)}.";
    }

    private static bool Matches(string template, string path)
    {
        var (parts, given) = (template.Split('/'), path.Split('/'));
        return parts.Length == given.Length && parts.Zip(given).All(pair => pair.First == pair.Second || pair.First.StartsWith('{'));
    }

    private static IEnumerable<string> Query(JsonElement operation) => !operation.TryGetProperty("parameters", out var parameters)
        ? []
        : parameters.EnumerateArray().Where(parameter => parameter.GetProperty("in").GetString() == "query").Select(parameter => parameter.GetProperty("name").GetString()!);

    private static IEnumerable<string> Members(FakeServer.Asked asked) => asked.Body.StartsWith('{')
        ? JsonDocument.Parse(asked.Body).RootElement.EnumerateObject().Select(member => member.Name)
        : [];

    private static IEnumerable<string> Body(JsonElement operation)
    {
        if (!operation.TryGetProperty("requestBody", out var body) || !body.GetProperty("content").TryGetProperty("application/json", out var media))
        {
            return [];
        }

        var schema = media.GetProperty("schema");
        var definition = schema.TryGetProperty("$ref", out var reference)
            ? Document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1])
            : schema;
        return definition.GetProperty("properties").EnumerateObject().Select(property => property.Name);
    }
}
