using System.CommandLine;
using System.Text.Json;
using Carrick.Server.Cli.Api;

namespace Carrick.Server.Cli.Commands;

/// <summary><c>events tail</c>: asks once a second for what is new, and follows pages until it meets what it has shown.</summary>
internal static class EventTail
{
    private const int PageSize = 100;
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
        var first = await ReadNewAsync(context.Api, query, null, cancellationToken);
        if (first.Failure is { } failure)
        {
            return context.Fail(failure);
        }

        var last = first.Newest ?? "";
        for (var shown = 0; shown < count;)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), context.Host.Time, cancellationToken);
            var read = await ReadNewAsync(context.Api, query, last, cancellationToken);
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
            foreach (var item in read.Events.Take(count - shown))
            {
                Print(context, item);
                shown++;
            }
        }

        return ExitCodes.Ok;
    }

    /// <summary>Events after <paramref name="last"/>, oldest first; without it only the newest one's id.</summary>
    private static async Task<(IReadOnlyList<JsonElement> Events, string? Newest, CliFailure? Failure)> ReadNewAsync(
        ApiClient api, string query, string? last, CancellationToken cancellationToken)
    {
        var events = new List<JsonElement>();
        var cursor = "";
        for (var page = 0; page < MaxPages; page++)
        {
            var answer = await api.GetAsync($"v1/events?limit={(last is null ? 1 : PageSize)}{query}{cursor}", cancellationToken);
            if (answer.Failure is { } failure)
            {
                return ([], null, failure);
            }

            var (data, next) = Page.Read(answer);
            var fresh = data.TakeWhile(item => JsonText.At(item, "id") != last).ToList();
            events.AddRange(fresh);
            if (last is null || fresh.Count < data.Count || next is null)
            {
                break;
            }

            cursor = $"&cursor={Uri.EscapeDataString(next)}";
        }

        events.Reverse();
        return (last is null ? [] : events, events.Count == 0 ? null : JsonText.At(events[^1], "id"), null);
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
