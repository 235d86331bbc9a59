using System.CommandLine;
using System.Net.Http.Headers;
using Carrick.Server.Config;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>apply</c>: sends a configuration to the server, which checks it with its own environment and puts it in force.</summary>
internal static class ApplyCommand
{
    public static Command Create(CliApp app)
    {
        var file = new Option<string>("--file", "-f") { Description = "The configuration.", Required = true };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only check; change nothing." };
        return app.Create(
            "apply",
            "Put a configuration in force on the server. Variables are read there, and only names are stored.",
            ["carrick apply -f carrick.yaml --dry-run", "carrick apply -f carrick.yaml"],
            (context, cancellationToken) => RunAsync(context, context.Get(file)!, context.Get(dryRun), cancellationToken),
            file,
            dryRun);
    }

    private static async Task<int> RunAsync(CliContext context, string file, bool dryRun, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(LocalFile.ReadBytes(file, ConfigLimits.MaxBytes));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/yaml");
        var query = $"?file={Uri.EscapeDataString(Path.GetFileName(file))}{(dryRun ? "&dryRun=true" : "")}";
        var answer = await context.Api.SendAsync(HttpMethod.Put, "v1/config" + query, content, cancellationToken);
        if (answer.Failure is { } failure)
        {
            return context.Fail(failure);
        }

        context.Printer.Object(answer.Json());
        return ExitCodes.Ok;
    }
}
