using System.CommandLine;
using System.Text.Json.Nodes;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>dead-letters list|replay|discard</c>.</summary>
internal static class DeadLetterCommands
{
    private static readonly Column[] Columns =
    [
        new("ID", "id"), new("ENDED", "endedAt"), new("CONSUMER", "consumer"), new("TYPE", "type"),
        new("CATEGORY", "category"), new("ATTEMPTS", "attemptCount"), new("REASON", "reason"),
    ];

    public static Command Create(CliApp app) => CliApp.Group(
        "dead-letters",
        "Look at deliveries that gave up; replay or discard them.",
        ListCommand.Create(
            app,
            "List dead letters, newest first.",
            "v1/dead-letters",
            new DeadLetterFilterOptions().Filters,
            Columns,
            "carrick dead-letters list --integration billing"),
        Replay(app),
        Discard(app));

    private static Command Replay(CliApp app)
    {
        var filter = new DeadLetterFilterOptions();
        var rate = new Option<int?>("--rate") { Description = "The most replays per second. Default: no limit." };
        var force = new Option<bool>("--force") { Description = "Run handlers although their ledger has the message." };
        return app.Create(
            "replay",
            "Start a job that replays dead letters.",
            [
                "carrick dead-letters replay --consumer billing/orders --dry-run",
                "carrick dead-letters replay --consumer billing/orders --rate 50 --reason \"the endpoint is mended\"",
            ],
            (context, cancellationToken) =>
            {
                var body = filter.Body(context);
                body["force"] = context.Get(force);
                if (context.Get(rate) is { } perSecond)
                {
                    body["ratePerSecond"] = perSecond;
                }

                return RequestCommand.PostAsync(context, "v1/dead-letters/replay", body, "The replay is under way.", cancellationToken);
            },
            [.. filter.Symbols, rate, force]);
    }

    private static Command Discard(CliApp app)
    {
        var filter = new DeadLetterFilterOptions();
        return app.Create(
            "discard",
            "Drop dead letters for good.",
            ["carrick dead-letters discard --id dlv_01HXYZ... --reason \"test data\"", "carrick dead-letters discard --type test.ping --dry-run"],
            (context, cancellationToken) => RequestCommand.PostAsync(
                context, "v1/dead-letters/discard", filter.Body(context), "The dead letters are discarded.", cancellationToken),
            [.. filter.Symbols]);
    }
}

/// <summary>The options that choose dead letters. Changing all of them must be asked for by name.</summary>
internal sealed class DeadLetterFilterOptions
{
    private readonly Option<string[]> _ids = new("--id") { Description = "Exactly this delivery; may stand several times." };
    private readonly Option<bool> _all = new("--all") { Description = "Every dead letter; needed when nothing else is chosen." };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only count." };
    private readonly Option<string?> _reason = RequestCommand.Reason();

    public Filter[] Filters { get; } =
    [
        Filter.Of("--integration", "integration", "Only of this integration."),
        Filter.Of("--consumer", "consumer", "Only of this consumer, integration/name."),
        Filter.Of("--type", "type", "Only of this event type."),
        Filter.Of("--category", "category", "transient, throttled, permanent, gone or poison."),
        Filter.Of("--from", "from", "Dead at this time or later."),
        Filter.Of("--to", "to", "Dead before this time."),
    ];

    public IReadOnlyList<Symbol> Symbols => [.. Filters.Select(filter => filter.Option), _ids, _all, _dryRun, _reason];

    /// <exception cref="CliException">Nothing is chosen.</exception>
    public JsonObject Body(CliContext context)
    {
        var filter = RequestCommand.Body([.. Filters.Select(item => (item.Parameter, (JsonNode?)context.Get(item.Option)))]);
        if (context.Get(_ids) is { Length: > 0 } deliveries)
        {
            filter["deliveries"] = new JsonArray([.. deliveries.Select(id => (JsonNode)id)]);
        }

        if (filter.Count == 0 && !context.Get(_all))
        {
            throw new CliException(new CliFailure(ExitCodes.Usage, "No dead letter is chosen.", "Name a filter, or use --all."));
        }

        var body = RequestCommand.Body(("filter", filter), ("reason", context.Get(_reason)));
        body["dryRun"] = context.Get(_dryRun);
        return body;
    }
}
