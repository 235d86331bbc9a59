using System.CommandLine;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>deliveries list|show|retry|discard</c>.</summary>
internal static class DeliveryCommands
{
    private static readonly Column[] Columns =
    [
        new("ID", "id"), new("STATE", "state"), new("CONSUMER", "consumer"), new("TYPE", "type"),
        new("ATTEMPTS", "attemptCount"), new("DUE", "dueAt"), new("EVENT", "eventId"),
    ];

    public static Command Create(CliApp app) => CliApp.Group(
        "deliveries",
        "Look at deliveries; retry or discard one.",
        ListCommand.Create(
            app,
            "List deliveries, newest first.",
            "v1/deliveries",
            [
                Filter.Of("--state", "state", "pending, running, retrying, succeeded, dead, discarded or skipped."),
                Filter.Of("--consumer", "consumer", "Only of this consumer, integration/name."),
                Filter.Of("--integration", "integration", "Only of this integration."),
            ],
            Columns,
            "carrick deliveries list --state retrying",
            "carrick deliveries list --consumer billing/orders --output json"),
        RequestCommand.Show(
            app,
            "Show a delivery with its attempts.",
            RequestCommand.Id("id", "The delivery's id, dlv_..."),
            id => $"v1/deliveries/{id}",
            "carrick deliveries show dlv_01HXYZ..."),
        Act(app, "retry", "Make a delivery due at once; a dead one is replayed.", "The delivery is due now."),
        Act(app, "discard", "Drop an outstanding or dead delivery.", "The delivery is discarded."));

    private static Command Act(CliApp app, string verb, string description, string done)
    {
        var id = RequestCommand.Id("id", "The delivery's id, dlv_...");
        var reason = RequestCommand.Reason();
        return app.Create(
            verb,
            description,
            [$"carrick deliveries {verb} dlv_01HXYZ... --reason \"the endpoint is mended\""],
            (context, cancellationToken) => RequestCommand.PostAsync(
                context,
                $"v1/deliveries/{Uri.EscapeDataString(context.Get(id))}/{verb}",
                RequestCommand.Body(("reason", context.Get(reason))),
                done,
                cancellationToken),
            id,
            reason);
    }
}
