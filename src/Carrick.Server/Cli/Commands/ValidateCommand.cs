using System.CommandLine;
using Carrick.Server.Config;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>validate</c>: checks a file without a server.</summary>
internal static class ValidateCommand
{
    public static Command Create(CliApp app)
    {
        var file = new Argument<string>("file") { Description = "The configuration.", DefaultValueFactory = _ => "carrick.yaml" };
        return app.Create(
            "validate",
            "Check a configuration with the variables of this environment; no server is needed.",
            ["carrick validate carrick.yaml"],
            (context, _) => Task.FromResult(Run(context, context.Get(file))),
            file);
    }

    private static int Run(CliContext context, string file)
    {
        var result = ConfigParser.Parse(LocalFile.ReadBytes(file, ConfigLimits.MaxBytes), file, context.Host.Environment);
        if (context.Json)
        {
            context.Printer.Object(ConfigReport.ToJson(result));
        }
        else
        {
            foreach (var error in result.Errors)
            {
                context.Host.Error.WriteLine(TerminalText.Clean(error.ToString()));
            }

            if (result.Document is { } document)
            {
                context.Printer.Line(ConfigReport.Summary(document));
            }
        }

        return result.Document is null ? ExitCodes.Usage : ExitCodes.Ok;
    }
}
