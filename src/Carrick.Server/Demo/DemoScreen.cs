using System.Globalization;
using Spectre.Console;

namespace Carrick.Server.Demo;

/// <summary>Shows the progress: a live table on a terminal, else a line per second.</summary>
internal sealed class DemoScreen(TextWriter output, bool interactive, TimeProvider time)
{
    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(200), Slow = TimeSpan.FromSeconds(1);

    /// <summary>Shows the progress until the work has ended.</summary>
    public async Task<T> WatchAsync<T>(DemoProgress progress, DemoServer server, Task<T> work)
    {
        if (interactive)
        {
            var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
            await console.Live(Table(progress, server)).StartAsync(async live =>
            {
                while (!await EndsAsync(work, Fast))
                {
                    live.UpdateTarget(Table(progress, server));
                }

                live.UpdateTarget(Table(progress, server));
            });
            return await work;
        }

        do
        {
            await output.WriteLineAsync(Line(progress, server));
        }
        while (!await EndsAsync(work, Slow));

        return await work;
    }

    private async Task<bool> EndsAsync(Task work, TimeSpan period)
    {
        using var ended = new CancellationTokenSource();
        await Task.WhenAny(work, Task.Delay(period, time, ended.Token));
        await ended.CancelAsync();
        return work.IsCompleted;
    }

    private static string Line(DemoProgress progress, DemoServer server)
    {
        var consumers = server.Operations.ListConsumers();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{progress.Phase}: sent {progress[DemoCount.Sent]}, accepted {progress[DemoCount.Accepted]}, duplicate {progress[DemoCount.Duplicate]}, "
            + $"refused {progress[DemoCount.Refused]}, delivered {progress[DemoCount.Delivered]}, waiting {consumers.Sum(item => item.Depth.Ready)}, "
            + $"retrying {consumers.Sum(item => item.Depth.Delayed)}, dead {consumers.Sum(item => item.Depth.Dead)}, replayed {progress[DemoCount.Replayed]}");
    }

    // Few lines: a live table that is taller than the terminal is cut off.
    private static Rows Table(DemoProgress progress, DemoServer server)
    {
        var consumers = new Table().Border(TableBorder.Rounded).AddColumns("consumer", "state", "running", "waiting", "retrying", "dead");
        foreach (var column in consumers.Columns.Skip(2))
        {
            column.RightAligned();
        }

        foreach (var item in server.Operations.ListConsumers())
        {
            var (name, depth) = (Markup.Escape(item.Definition.Name), item.Depth);
            var state = item.State.DisabledAt is null ? "[green]enabled[/]" : "[red]disabled[/]";
            consumers.AddRow(name, state, Number(item.Running), Number(depth.Ready), Number(depth.Delayed), Number(depth.Dead));
        }

        return new Rows(
            new Markup($"[bold]{Markup.Escape(progress.Phase)}[/]"),
            new Text($"  provider: {Words(progress, ("sent", DemoCount.Sent), ("accepted", DemoCount.Accepted), ("duplicate", DemoCount.Duplicate),
                ("refused", DemoCount.Refused), ("sent again after 503", DemoCount.Full))}"),
            new Text($"  customer: {Words(progress, ("taken", DemoCount.Delivered), ("times 500", DemoCount.ServerError), ("no answer", DemoCount.Hang),
                ("reset", DemoCount.Reset), ("times 429", DemoCount.Throttle), ("times 410", DemoCount.Gone))}"),
            consumers);
    }

    private static string Words(DemoProgress progress, params (string Word, DemoCount Count)[] counts) =>
        string.Join(", ", counts.Select(count => $"{Number(progress[count.Count])} {count.Word}"));

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
