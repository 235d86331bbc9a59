using System.CommandLine;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>endpoints list|enable|disable</c>.</summary>
internal static class EndpointCommands
{
    private static readonly Column[] Columns =
    [
        new("NAME", "name"), new("URL", "url"), new("ENABLED", "enabled"), new("READY", "depth.ready"), new("DELAYED", "depth.delayed"),
        new("DEAD", "depth.dead"), new("RUNNING", "running"), new("GATE", "gateUntil"), new("DISABLED", "disabledReason"),
    ];

    public static Command Create(CliApp app) => CliApp.Group(
        "endpoints",
        "Look at endpoints; enable or disable one.",
        ListCommand.Whole(
            app,
            "List endpoints with their depths.",
            "v1/endpoints",
            [Filter.Of("--integration", "integration", "Only of this integration.")],
            Columns,
            "carrick endpoints list --integration billing"),
        Act(app, "enable", "Send deliveries to an endpoint again.", "The endpoint is enabled."),
        Act(app, "disable", "Hold back deliveries to an endpoint; they wait.", "The endpoint is disabled; its deliveries wait."));

    private static Command Act(CliApp app, string verb, string description, string done)
    {
        var name = RequestCommand.Ids("name", "The endpoint's name, integration/name.");
        var reason = RequestCommand.Reason();
        return app.Create(
            verb,
            description,
            [$"carrick endpoints {verb} billing/orders"],
            (context, cancellationToken) =>
            {
                var path = string.Join('/', context.Get(name).Split('/').Select(Uri.EscapeDataString));
                return RequestCommand.PostAsync(
                    context, $"v1/endpoints/{path}/{verb}", RequestCommand.Body(("reason", context.Get(reason))), done, cancellationToken);
            },
            name,
            reason);
    }
}
