using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Carrick.Server.Cli.Commands;

/// <summary>The shape that all lists share: filters become query parameters, pages are followed up to <c>--limit</c>.</summary>
internal static class ListCommand
{
    private const int PageSize = 500;

    public static Command Create(CliApp app, string description, string path, Filter[] filters, Column[] columns, params string[] examples)
    {
        var limit = new Option<int>("--limit") { Description = "The most rows, 1 to 10000.", DefaultValueFactory = _ => 50 };
        return app.Create(
            "list",
            description,
            examples,
            (context, cancellationToken) => context.Get(limit) is >= 1 and <= 10_000 and var most
                ? RunAsync(context, path, filters, columns, most, cancellationToken)
                : Task.FromResult(context.Fail(new CliFailure(ExitCodes.Usage, "--limit must be from 1 to 10000."))),
            [.. filters.Select(filter => filter.Option), limit]);
    }

    /// <summary>A list that the server gives as a whole.</summary>
    public static Command Whole(CliApp app, string description, string path, Filter[] filters, Column[] columns, params string[] examples) =>
        Whole(app, "list", description, path, filters, columns, examples);

    /// <summary>The same under another name.</summary>
    public static Command Whole(CliApp app, string name, string description, string path, Filter[] filters, Column[] columns, string[] examples) => app.Create(
        name,
        description,
        examples,
        async (context, cancellationToken) =>
        {
            var query = Query(context, filters);
            var answer = await context.Api.GetAsync(query.Length == 0 ? path : $"{path}?{query[1..]}", cancellationToken);
            if (answer.Failure is { } failure)
            {
                return context.Fail(failure);
            }

            var (data, next, _) = Page.Read(answer);
            context.Printer.List(data, next, columns);
            return ExitCodes.Ok;
        },
        [.. filters.Select(filter => filter.Option)]);

    private static string Query(CliContext context, Filter[] filters) => string.Concat(filters
        .Select(filter => (filter.Parameter, Value: context.Get(filter.Option)))
        .Where(filter => filter.Value is not null)
        .Select(filter => $"&{filter.Parameter}={Uri.EscapeDataString(filter.Value!)}"));

    private static async Task<int> RunAsync(CliContext context, string path, Filter[] filters, Column[] columns, int limit, CancellationToken cancellationToken)
    {
        var query = Query(context, filters);
        var rows = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var size = Math.Min(PageSize, limit - rows.Count).ToString(CultureInfo.InvariantCulture);
            var page = cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}";
            var answer = await context.Api.GetAsync($"{path}?limit={size}{query}{page}", cancellationToken);
            if (answer.Failure is { } failure)
            {
                return context.Fail(failure);
            }

            var (data, next, searchedTo) = Page.Read(answer);
            rows.AddRange(data);
            // A page may be empty and still have another behind it: the server looks for a bounded time for each.
            cursor = next;
            if (next is not null && searchedTo is not null && context.Host.Terminal)
            {
                await context.Host.Error.WriteLineAsync($"Searched back to {TerminalText.Clean(searchedTo)}, {rows.Count} found so far ...");
            }
        }
        while (cursor is not null && rows.Count < limit);

        context.Printer.List(rows, cursor, columns);
        return ExitCodes.Ok;
    }
}

/// <summary>An option that becomes a query parameter.</summary>
/// <param name="Option">The option.</param>
/// <param name="Parameter">The parameter's name.</param>
internal sealed record Filter(Option<string?> Option, string Parameter)
{
    public static Filter Of(string name, string parameter, string description) => new(new Option<string?>(name) { Description = description }, parameter);
}
