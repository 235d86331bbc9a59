using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Carrick.Server.Cli.Api;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>events tail</c>: asks once a second for what is new, and follows pages until it meets what it has shown.</summary>
internal static class EventTail
{
    private const int PageSize = 100;
    // An event that is stored later may have been received a little earlier.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);
    private static readonly string[] Fields = ["receivedAt", "id", "integration", "type", "subject"];

    // A burst that is longer than this is cut: the tail is for people.
    private const int MaxPages = 20;

    public static Command Create(CliApp app)
    {
        var integration = new Option<string?>("--integration") { Description = "Only of this integration." };
        var type = new Option<string?>("--type") { Description = "Only of this type." };
        var count = new Option<int?>("--count") { Description = "Stop after this many events. Default: run until stopped." };
        return app.Create(
            "tail",
            "Print events as they come in.",
            ["carrick events tail --integration billing", "carrick events tail --count 1 --output json"],
            (context, cancellationToken) =>
            {
                var query = Part("integration", context.Get(integration)) + Part("type", context.Get(type));
                return RunAsync(context, query, context.Get(count) ?? int.MaxValue, cancellationToken);
            },
            integration,
            type,
            count);

        static string Part(string name, string? value) => value is null ? "" : $"&{name}={Uri.EscapeDataString(value)}";
    }

    private static async Task<int> RunAsync(CliContext context, string query, int count, CancellationToken cancellationToken)
    {
        // What is there already, whatever its integration and type: everything newer is new. A search for what is rare may look through years before it finds one.
        var answer = await context.Api.GetAsync("v1/events?limit=1", cancellationToken);
        if (answer.Failure is { } failure)
        {
            return context.Fail(failure);
        }

        var newest = Page.Read(answer).Data;
        var last = newest is [var item, ..] ? JsonText.At(item, "id") : "";
        var since = newest is [var stored, ..] && DateTimeOffset.TryParse(JsonText.At(stored, "receivedAt"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? $"&from={(at - ClockTolerance).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)}"
            : "";
        for (var shown = 0; shown < count;)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), context.Host.Time, cancellationToken);
            var read = await ReadNewAsync(context.Api, query + since, last, cancellationToken);
            if (read.Failure is { ExitCode: not (ExitCodes.Busy or ExitCodes.Unreachable) } stop)
            {
                return context.Fail(stop);
            }

            if (read.Failure is { } pause)
            {
                context.Fail(pause);
                continue;
            }

            last = read.Newest ?? last;
            foreach (var fresh in read.Events.Take(count - shown))
            {
                Print(context, fresh);
                shown++;
            }
        }

        return ExitCodes.Ok;
    }

    /// <summary>Events after <paramref name="last"/>, oldest first. Ids are in the order of their events.</summary>
    private static async Task<(IReadOnlyList<JsonElement> Events, string? Newest, CliFailure? Failure)> ReadNewAsync(
        ApiClient api, string query, string last, CancellationToken cancellationToken)
    {
        var events = new List<JsonElement>();
        var cursor = "";
        for (var page = 0; page < MaxPages; page++)
        {
            var answer = await api.GetAsync($"v1/events?limit={PageSize}{query}{cursor}", cancellationToken);
            if (answer.Failure is { } failure)
            {
                return ([], null, failure);
            }

            var (data, next, _) = Page.Read(answer);
            var fresh = data.TakeWhile(item => string.CompareOrdinal(JsonText.At(item, "id"), last) > 0).ToList();
            events.AddRange(fresh);
            if (fresh.Count < data.Count || next is null)
            {
                break;
            }

            cursor = $"&cursor={Uri.EscapeDataString(next)}";
        }

        events.Reverse();
        return (events, events.Count == 0 ? null : JsonText.At(events[^1], "id"), null);
    }

    private static void Print(CliContext context, JsonElement item)
    {
        if (context.Json)
        {
            // One object per line, so that a pipe can read it as it comes.
            context.Host.Output.WriteLine(CompactJson.Write(item));
        }
        else
        {
            context.Printer.Line(string.Join("  ", Fields.Select(name => JsonText.At(item, name))));
        }

        context.Host.Output.Flush();
    }
}
