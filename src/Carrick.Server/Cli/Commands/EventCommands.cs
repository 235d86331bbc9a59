using System.CommandLine;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>events list|show|payload|tail</c>.</summary>
internal static class EventCommands
{
    private static readonly Column[] Columns =
    [
        new("ID", "id"), new("RECEIVED", "receivedAt"), new("INTEGRATION", "integration"), new("TYPE", "type"),
        new("SUBJECT", "subject"), new("MESSAGE ID", "messageId"), new("BYTES", "size"),
    ];

    public static Command Create(CliApp app) => CliApp.Group(
        "events",
        "Look at events.",
        List(app),
        RequestCommand.Show(
            app,
            "Show an event with its deliveries.",
            RequestCommand.Id("id", "The event's id, evt_..."),
            id => $"v1/events/{id}",
            "carrick events show evt_01HXYZ..."),
        Payload(app),
        EventTail.Create(app));

    private static Command List(CliApp app) => ListCommand.Create(
        app,
        "List events, newest first.",
        "v1/events",
        [
            Filter.Of("--integration", "integration", "Only of this integration."),
            Filter.Of("--type", "type", "Only of this type."),
            Filter.Of("--message-id", "messageId", "Only with this message id."),
            Filter.Of("--subject", "subject", "Only about this subject."),
            Filter.Of("--from", "from", "Received at this time or later, such as 2026-01-31T08:00:00Z."),
            Filter.Of("--to", "to", "Received before this time."),
        ],
        Columns,
        "carrick events list --type invoice.paid --limit 20",
        "carrick events list --integration billing --from 2026-01-31T08:00:00Z --output json");

    private static Command Payload(CliApp app)
    {
        var id = RequestCommand.Id("id", "The event's id, evt_...");
        return app.Create(
            "payload",
            "Print an event's exact bytes.",
            ["carrick events payload evt_01HXYZ... > body.json"],
            async (context, cancellationToken) =>
            {
                var answer = await context.Api.GetAsync($"v1/events/{Uri.EscapeDataString(context.Get(id))}/payload", cancellationToken);
                if (answer.Failure is { } failure)
                {
                    return context.Fail(failure);
                }

                if (context.Host.Terminal)
                {
                    // A terminal would act on escape sequences in a body; files and pipes get every byte.
                    await context.Host.Output.WriteLineAsync(TerminalText.Clean(System.Text.Encoding.UTF8.GetString(answer.Body), keepLines: true));
                }
                else
                {
                    await context.Host.RawOutput.WriteAsync(answer.Body, cancellationToken);
                    await context.Host.RawOutput.FlushAsync(cancellationToken);
                }

                return ExitCodes.Ok;
            },
            id);
    }
}
