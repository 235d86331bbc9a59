using System.Text.Json;
using Carrick.Server.Cli.Api;

namespace Carrick.Server.Cli.Commands;

/// <summary>Reads one page of a list.</summary>
internal static class Page
{
    /// <exception cref="CliException">The answer is no list.</exception>
    public static (IReadOnlyList<JsonElement> Data, string? Next, string? SearchedTo) Read(ApiAnswer answer)
    {
        var root = answer.Json();
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array)
        {
            throw new CliException(new CliFailure(ExitCodes.Failure, "The server's answer is not a list.", "Check that --server names a Carrick server."));
        }

        return ([.. data.EnumerateArray()], Text("nextCursor"), Text("searchedTo"));

        string? Text(string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }
}
