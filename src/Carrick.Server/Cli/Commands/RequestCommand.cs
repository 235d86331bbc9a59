using System.CommandLine;
using System.Text.Json.Nodes;
using Carrick.Server.Cli.Api;

namespace Carrick.Server.Cli.Commands;

/// <summary>The shape that all commands on one record share: one request, and its answer is printed.</summary>
internal static class RequestCommand
{
    /// <summary>An argument that becomes a segment of the path.</summary>
    public static Argument<string> Id(string name, string description) => Path(name, description, id => [id]);

    /// <summary>An argument that becomes several segments of the path, with slashes between them.</summary>
    public static Argument<string> Ids(string name, string description) => Path(name, description, ids => ids.Split('/'));

    // A URL takes '.' and '..' for steps, and no escape changes that, so the request would be another one.
    private static Argument<string> Path(string name, string description, Func<string, string[]> segments)
    {
        var path = new Argument<string>(name) { Description = description };
        path.Validators.Add(result =>
        {
            if (segments(result.GetValueOrDefault<string>()).Any(segment => segment is "" or "." or ".."))
            {
                result.AddError($"'{name}' is no id. {description}");
            }
        });
        return path;
    }

    public static Option<string?> Reason() => new("--reason") { Description = "Why; written to the audit log." };

    /// <summary>GET of one record.</summary>
    public static Command Show(CliApp app, string description, Argument<string> id, Func<string, string> path, params string[] examples) => app.Create(
        "show",
        description,
        examples,
        async (context, cancellationToken) =>
        {
            var answer = await context.Api.GetAsync(path(Uri.EscapeDataString(context.Get(id))), cancellationToken);
            if (answer.Failure is { } failure)
            {
                return context.Fail(failure);
            }

            context.Printer.Object(answer.Json());
            return ExitCodes.Ok;
        },
        id);

    /// <summary>POST, and what the server says, or <paramref name="done"/> where it says nothing.</summary>
    public static async Task<int> PostAsync(CliContext context, string path, JsonObject? body, string done, CancellationToken cancellationToken) =>
        Print(context, await context.Api.PostAsync(path, body, cancellationToken), done);

    /// <summary>DELETE, and <paramref name="done"/>.</summary>
    public static async Task<int> DeleteAsync(CliContext context, string path, string done, CancellationToken cancellationToken) =>
        Print(context, await context.Api.SendAsync(HttpMethod.Delete, path, null, cancellationToken), done);

    /// <summary>A body with those members that are set.</summary>
    public static JsonObject Body(params (string Name, JsonNode? Value)[] members)
    {
        var body = new JsonObject();
        foreach (var (name, value) in members)
        {
            if (value is not null)
            {
                body[name] = value;
            }
        }

        return body;
    }

    private static int Print(CliContext context, ApiAnswer answer, string done)
    {
        if (answer.Failure is { } failure)
        {
            return context.Fail(failure);
        }

        if (answer.Body.Length > 0)
        {
            context.Printer.Object(answer.Json());
        }
        else if (!context.Json)
        {
            context.Printer.Line(done);
        }

        return ExitCodes.Ok;
    }
}
