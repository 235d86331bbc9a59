using System.CommandLine;
using Carrick.Server.Config;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>schema</c>: prints the JSON Schema of the file.</summary>
internal static class SchemaCommand
{
    public static Command Create(CliApp app) => app.Create(
        "schema",
        "Print the JSON Schema of carrick.yaml, for editors.",
        ["carrick schema > carrick.schema.json"],
        async (context, _) =>
        {
            await context.Host.Output.WriteAsync(ConfigSchema.Text);
            return ExitCodes.Ok;
        });
}
