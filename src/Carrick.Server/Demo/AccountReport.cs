using System.Globalization;
using Spectre.Console;

namespace Carrick.Server.Demo;

/// <summary>Prints the account.</summary>
internal static class AccountReport
{
    public static void Write(TextWriter output, bool interactive, Account account, DemoProgress progress, TimeSpan elapsed)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = interactive ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = interactive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Out = new AnsiConsoleOutput(output),
        });
        if (!interactive)
        {
            console.Profile.Width = 160;
        }

        var table = new Table().Border(interactive ? TableBorder.Rounded : TableBorder.Ascii).AddColumns("the account", "count", "of which");
        table.Columns[1].RightAligned();
        Row(table, "requests sent", account.Sent, Kinds(account));
        Row(table, "accepted", account.Accepted, $"{Number(account.Booked)} booked once, {Number(account.Skipped)} skipped as late");
        Row(table, "duplicates", account.Duplicates, "answered with the first event's id");
        Row(table, "refused", account.Refused, "forged or stale: 400, nothing stored");
        Row(table, "deliveries owed", account.Owed, $"{Number(account.Delivered)} delivered with a valid signature");
        Row(table, "failed on purpose", Failures(progress), Failed(progress));
        Row(table, "dead letters", account.Evidence.Dead, $"{Number(account.Evidence.Replayed)} replayed, {Number(account.Evidence.DeadLeft)} left");
        console.Write(table);
        foreach (var disagreement in account.Disagreements)
        {
            console.MarkupLineInterpolated($"[red]disagrees:[/] {disagreement}");
        }

        var rate = account.Sent / elapsed.TotalSeconds;
        console.MarkupLineInterpolated(account.Disagreements.Count > 0
            ? (FormattableString)$"[red]The sums do not agree.[/]"
            : $"[green]The sums agree[/] with the ledger database and the customer's log. {elapsed.TotalSeconds:N1} s, {rate:N0} requests/s in all.");
    }

    private static string Kinds(Account account) => string.Join(
        ", ", account.Evidence.Replies.CountBy(reply => reply.Message.Kind).OrderBy(pair => pair.Key).Select(pair => $"{Number(pair.Value)} {Word(pair.Key)}"));

    private static string Word(DemoKind kind) => kind switch
    {
        DemoKind.InOrder => "in order",
        DemoKind.Late => "late",
        DemoKind.Duplicate => "duplicate",
        DemoKind.WrongSecret => "of a wrong secret",
        DemoKind.FlippedBit => "with a flipped bit",
        _ => "stale",
    };

    private static long Failures(DemoProgress progress) =>
        progress[DemoCount.ServerError] + progress[DemoCount.Hang] + progress[DemoCount.Reset] + progress[DemoCount.Throttle] + progress[DemoCount.Gone]
        + progress[DemoCount.HandlerFailure];

    private static string Failed(DemoProgress progress) => string.Create(
        CultureInfo.InvariantCulture,
        $"{progress[DemoCount.ServerError]} times 500, {progress[DemoCount.Hang]} no answer, {progress[DemoCount.Reset]} reset, "
        + $"{progress[DemoCount.Throttle]} times 429, {progress[DemoCount.Gone]} times 410, {progress[DemoCount.HandlerFailure]} handler");

    private static void Row(Table table, string name, long count, string remark) => table.AddRow(Markup.Escape(name), Number(count), Markup.Escape(remark));

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
