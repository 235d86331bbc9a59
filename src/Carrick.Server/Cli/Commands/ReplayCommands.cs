using System.CommandLine;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>replays list|show|cancel</c>.</summary>
internal static class ReplayCommands
{
    private static readonly Column[] Columns =
    [
        new("ID", "id"), new("CREATED", "createdAt"), new("STATE", "state"), new("REPLAYED", "replayed"), new("TOTAL", "total"), new("BY", "actor"), new("REASON", "reason"),
    ];

    public static Command Create(CliApp app) => CliApp.Group(
        "replays",
        "Look at replay jobs; cancel one.",
        ListCommand.Create(app, "List replay jobs, newest first.", "v1/replays", [], Columns, "carrick replays list"),
        RequestCommand.Show(
            app, "Show a replay job's progress.", RequestCommand.Id("id", "The job's id, rpl_..."), id => $"v1/replays/{id}", "carrick replays show rpl_01HXYZ..."),
        Cancel(app));

    private static Command Cancel(CliApp app)
    {
        var id = RequestCommand.Id("id", "The job's id, rpl_...");
        return app.Create(
            "cancel",
            "Stop a replay job; what it has replayed stays replayed.",
            ["carrick replays cancel rpl_01HXYZ..."],
            (context, cancellationToken) => RequestCommand.PostAsync(
                context, $"v1/replays/{Uri.EscapeDataString(context.Get(id))}/cancel", null, "The job is cancelled.", cancellationToken),
            id);
    }
}
