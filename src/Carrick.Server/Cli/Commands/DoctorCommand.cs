using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Carrick.Server.Cli.Doctor;
using Carrick.Server.Serve;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>doctor</c>: looks at everything that commonly goes wrong and says what to do.</summary>
internal static class DoctorCommand
{
    public static Command Create(CliApp app)
    {
        var options = new ServerOptionSet();
        return app.Create(
            "doctor",
            "Check configuration, data directory, database, clock, server and endpoints.",
            ["carrick doctor", "carrick doctor --data /var/lib/carrick --config carrick.yaml --output json"],
            async (context, cancellationToken) =>
            {
                var settings = ServerSettings.Resolve(ServerConfiguration.Read(), new ServerArguments(Data: context.Get(options.Data), Config: context.Get(options.Config)));
                List<DoctorCheck> checks =
                [
                    .. LocalChecks.Run(settings, context.Host.Environment),
                    await StoreCheck.RunAsync(settings, cancellationToken),
                    .. await ServerChecks.RunAsync(context.Api, context.Host.Time, cancellationToken),
                ];
                Print(context, checks);
                return checks.Exists(check => check.Outcome == DoctorOutcome.Fail) ? ExitCodes.Failure : ExitCodes.Ok;
            },
            options.Data,
            options.Config);
    }

    private static void Print(CliContext context, List<DoctorCheck> checks)
    {
        if (!context.Json)
        {
            context.Printer.Table(
                ["", "CHECK", "FOUND", "WHAT TO DO"],
                checks.Select(check => new[] { Word(check.Outcome), check.Name, check.Detail, check.Remedy ?? "" }));
            return;
        }

        var report = new JsonObject
        {
            ["ok"] = !checks.Exists(check => check.Outcome == DoctorOutcome.Fail),
            ["checks"] = new JsonArray([.. checks.Select(check => new JsonObject
            {
                ["name"] = check.Name, ["outcome"] = Word(check.Outcome), ["detail"] = check.Detail, ["remedy"] = check.Remedy,
            })]),
        };
        context.Printer.Object(JsonDocument.Parse(report.ToJsonString()).RootElement);
    }

    private static string Word(DoctorOutcome outcome) => outcome switch
    {
        DoctorOutcome.Ok => "ok",
        DoctorOutcome.Skip => "skip",
        _ => "fail",
    };
}
