using System.Globalization;
using Carrick.Testing.History;

namespace Carrick.Checking;

/// <summary><c>carrick-check DIR</c>: exit code 0 for a clean history, 1 for violations, 2 for wrong usage or files that cannot be read.</summary>
public static class CheckCommand
{
    /// <summary>Runs the command.</summary>
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        if (args is not [var directory] || directory.StartsWith('-'))
        {
            error.WriteLine("Usage: carrick-check DIR    (a directory of *.ndjson history files)");
            return 2;
        }

        try
        {
            var report = HistoryChecker.CheckDirectory(directory);
            Print(report, output);
            if (report.Totals.Sent + report.Totals.Events == 0)
            {
                error.WriteLine($"'{directory}' has no history: nothing was sent and nothing is stored.");
                return 2;
            }

            return report.IsClean ? 0 : 1;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"Cannot read the history: {exception.Message}");
            return 2;
        }
    }

    /// <summary>Prints the totals, the violations by invariant, and the verdict.</summary>
    public static void Print(HistoryReport report, TextWriter output)
    {
        var totals = report.Totals;
        (string Name, long Value)[] rows =
        [
            ("sent", totals.Sent), ("acknowledged", totals.Acked), ("  of these duplicates", totals.Duplicates), ("messages acknowledged", totals.MessagesAcked),
            ("refused", totals.Refused), ("outcome unknown", totals.Unknown), ("events stored", totals.Events), ("deliveries", totals.Deliveries),
            ("  succeeded", totals.Succeeded), ("  dead", totals.Dead), ("attempts", totals.Attempts), ("effects", totals.Effects),
            ("received", totals.Received), ("cut-off files", totals.TornFiles),
        ];
        foreach (var (name, value) in rows)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-24}{value,12:N0}"));
        }

        foreach (var violation in report.Violations)
        {
            output.WriteLine($"{Code(violation.Invariant)} {violation.Subject}: {violation.Description}");
        }

        foreach (var (invariant, count) in report.Counts)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Code(invariant)} {invariant}: {count:N0} violations"));
        }

        output.WriteLine(report.IsClean ? "The history is clean: 0 lost, 0 doubled, 0 out of order." : "The history has violations.");
    }

    private static string Code(Invariant invariant) => invariant switch
    {
        Invariant.History => "HISTORY",
        Invariant.DuplicateNamesFirst => "DUPLICATE",
        Invariant.DelayIsOfPolicy => "DELAY",
        Invariant.BytesAreExact => "BYTES",
        Invariant.AttemptIsOneRequest => "REPEAT",
        _ => string.Create(CultureInfo.InvariantCulture, $"I{(int)invariant}"),
    };
}
