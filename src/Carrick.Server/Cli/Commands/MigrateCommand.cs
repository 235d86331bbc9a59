using System.CommandLine;
using System.Text.Json;
using Carrick.Server.Serve;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>migrate</c>: brings the database's schema up to date.</summary>
internal static class MigrateCommand
{
    public static Command Create(CliApp app)
    {
        var options = new ServerOptionSet();
        return app.Create(
            "migrate",
            "Bring the database's schema up to date. Safe to run twice, and while another process does.",
            ["carrick migrate --data /var/lib/carrick"],
            (context, cancellationToken) => RunAsync(context, new ServerArguments(Data: context.Get(options.Data)), cancellationToken),
            options.Data);
    }

    private static async Task<int> RunAsync(CliContext context, ServerArguments arguments, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> ran;
        try
        {
            ran = await StoreAccess.MigrateAsync(ServerSettings.Resolve(ServerConfiguration.Read(), arguments), cancellationToken);
        }
        catch (StoreException exception)
        {
            return context.Fail(new CliFailure(ExitCodes.Failure, exception.Message, "See 'carrick doctor'."));
        }

        if (context.Json)
        {
            context.Printer.List([.. ran.Select(name => JsonSerializer.SerializeToElement(name, Api.CliJson.Default.String))], null, []);
        }
        else
        {
            context.Printer.Line(ran.Count == 0 ? "The schema is up to date." : $"Ran {string.Join(", ", ran)}.");
        }

        return ExitCodes.Ok;
    }
}
