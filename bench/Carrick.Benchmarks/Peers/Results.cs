using System.Data.Common;
using System.Globalization;
using Carrick.Benchmarks.Reporting;

namespace Carrick.Benchmarks.Peers;

/// <summary>What was measured of each peer in one scenario. A peer that failed stays in the table, with what it failed of.</summary>
/// <param name="scenario">Its title.</param>
/// <param name="peers">One row each.</param>
/// <param name="reference">The row that others are compared with.</param>
internal sealed class Results(string scenario, IReadOnlyList<Peer> peers, string reference = PeerCatalog.Carrick)
{
    private readonly Dictionary<(string Peer, string Measure), List<double>> _values = [];
    private readonly Dictionary<string, List<string>> _notes = [];

    /// <summary>Whether a peer failed.</summary>
    public bool HasFailures { get; private set; }

    /// <summary>Keeps a value, and tells it at once: a run takes hours, and may be stopped.</summary>
    public void Add(string peer, string measure, double value)
    {
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {measure}: {value:0.##}"));
        if (!_values.TryGetValue((peer, measure), out var values))
        {
            _values[(peer, measure)] = values = [];
        }

        values.Add(value);
    }

    public void Note(string peer, string text)
    {
        if (!_notes.TryGetValue(peer, out var notes))
        {
            _notes[peer] = notes = [];
        }

        if (!notes.Contains(text))
        {
            notes.Add(text);
        }
    }

    /// <summary>Measures all peers in turn, as often as asked; every second time in the opposite order, so that none always comes after the same one.</summary>
    public async Task MeasureAsync(int repetitions, Func<Peer, Task> measureAsync)
    {
        for (var i = 0; i < repetitions; i++)
        {
            foreach (var peer in i % 2 == 0 ? peers : peers.Reverse())
            {
                await Console.Error.WriteLineAsync($"{TimeProvider.System.GetUtcNow():HH:mm:ss} {scenario} {i + 1}/{repetitions} {peer.Name}").ConfigureAwait(false);
                try
                {
                    await measureAsync(peer).ConfigureAwait(false);
                }
                catch (Exception error) when (error is InvalidOperationException or TimeoutException or DbException or IOException or HttpRequestException)
                {
                    // The others go on: a run takes hours.
                    HasFailures = true;
                    Note(peer.Name, "failed: " + error.Message.ReplaceLineEndings(" "));
                }
            }
        }
    }

    public Summary? Of(string peer, string measure) => _values.TryGetValue((peer, measure), out var values) ? new Summary(values) : null;

    /// <summary>One row for each peer, under the scenario's title.</summary>
    public void Print(params Measure[] measures)
    {
        Console.WriteLine($"### {scenario}");
        Console.WriteLine();
        Print(["peer", .. measures.Select(measure => measure.Name), "remarks"], peer =>
            [peer, .. measures.Select(measure => Cell(peer, measure)), string.Join("; ", _notes.GetValueOrDefault(peer, []))]);
    }

    /// <summary>Another table under the same title; the remarks stand in the first.</summary>
    public void PrintMore(params Measure[] measures) =>
        Print(["peer", .. measures.Select(measure => measure.Name)], peer => [peer, .. measures.Select(measure => Cell(peer, measure))]);

    private void Print(string[] head, Func<string, string[]> row) => Report.Table(head, peers.Select(peer => row(peer.Name)));

    private string Cell(string peer, Measure measure)
    {
        if (Of(peer, measure.Name) is not { } summary)
        {
            return "";
        }

        var text = summary.ToText(measure.Format);
        return measure.IsCompared && Of(reference, measure.Name) is { } compared
            ? text + " ×" + (summary.Median / compared.Median).ToString("0.00", CultureInfo.InvariantCulture)
            : text;
    }
}

/// <summary>A column: what was measured, and whether its ratio to the reference stands beside it.</summary>
internal sealed record Measure(string Name, string Format = "N0", bool IsCompared = false);
