using System.Text.Json;
using Carrick.Server.Cli.Api;
using Spectre.Console;

namespace Carrick.Server.Cli;

/// <summary>Prints results: JSON as the server gave it, or tables of plain text from which everything that a terminal acts on is removed.</summary>
internal sealed class ResultPrinter(CliHost host, bool json)
{
    private const int WidthOfFiles = 400;

    /// <summary>A list, one row per element.</summary>
    public void List(IReadOnlyList<JsonElement> rows, string? nextCursor, IReadOnlyList<Column> columns)
    {
        if (json)
        {
            using var stream = new MemoryStream();
            using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
            {
                writer.WriteStartObject();
                writer.WriteStartArray("data");
                foreach (var row in rows)
                {
                    row.WriteTo(writer);
                }

                writer.WriteEndArray();
                writer.WriteString("nextCursor", nextCursor);
                writer.WriteEndObject();
            }

            host.Output.WriteLine(System.Text.Encoding.UTF8.GetString(stream.ToArray()));
            return;
        }

        if (rows.Count == 0)
        {
            host.Output.WriteLine("none");
            return;
        }

        Table([.. columns.Select(column => column.Header)], rows.Select(row => columns.Select(column => JsonText.At(row, column.Path)).ToArray()));
        if (nextCursor is not null)
        {
            host.Output.WriteLine("There are more; raise --limit.");
        }
    }

    /// <summary>One object: its fields, then a table for each list in it.</summary>
    public void Object(JsonElement element)
    {
        if (json)
        {
            host.Output.WriteLine(JsonSerializer.Serialize(element, CliJson.Default.JsonElement));
            return;
        }

        var fields = JsonText.Flatten(element).ToList();
        Table([], fields.Where(field => !IsTable(field.Value)).Select(field => new[] { field.Name, JsonText.Plain(field.Value) }));
        foreach (var (name, list) in fields.Where(field => IsTable(field.Value)))
        {
            var rows = list.EnumerateArray().Select(row => JsonText.Flatten(row).ToList()).ToList();
            var headers = rows.SelectMany(row => row.Select(field => field.Name)).Distinct().ToArray();
            host.Output.WriteLine();
            host.Output.WriteLine(TerminalText.Clean(name) + ":");
            Table(headers, rows.Select(row => headers.Select(header => JsonText.Plain(row.Find(field => field.Name == header).Value)).ToArray()));
        }
    }

    private static bool IsTable(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object);

    /// <summary>A line of text.</summary>
    public void Line(string text) => host.Output.WriteLine(TerminalText.Clean(text));

    /// <summary>A table of plain text.</summary>
    public void Table(string[] headers, IEnumerable<string[]> rows)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(host.Output),
            Ansi = host.Terminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = host.Terminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = host.Terminal ? Math.Max(80, console.Profile.Width) : WidthOfFiles;
        var table = new Table().Border(TableBorder.None);
        var lines = rows.ToList();
        var count = headers.Length > 0 ? headers.Length : lines.Select(line => line.Length).DefaultIfEmpty(0).Max();
        for (var i = 0; i < count; i++)
        {
            table.AddColumn(new TableColumn(new Text(headers.Length > 0 ? TerminalText.Clean(headers[i]) : "")).NoWrap().PadRight(2));
        }

        table.ShowHeaders = headers.Length > 0;
        foreach (var line in lines)
        {
            table.AddRow(line.Select(cell => new Text(TerminalText.Clean(cell))));
        }

        if (count > 0)
        {
            console.Write(table);
        }
    }
}

/// <summary>A column of a list.</summary>
/// <param name="Header">What stands above it.</param>
/// <param name="Path">The field, with dots into objects.</param>
internal sealed record Column(string Header, string Path);
