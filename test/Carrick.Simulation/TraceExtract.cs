using Carrick.Simulation.Scheduling;
using Carrick.Simulation.World;

namespace Carrick.Simulation;

/// <summary>Of a long trace the lines that explain a finding: the turns of the world, and what names the message or the consumer.</summary>
internal static class TraceExtract
{
    private const int Most = 60;

    public static IReadOnlyList<TraceLine> About(SimulationResult result)
    {
        // The message if one is named, or else the consumer.
        var words = result.Findings.Take(1).SelectMany(finding => finding.Subject.Split(' ')).ToList();
        var word = words.Count > 1 ? words[1] : words.FirstOrDefault() ?? "";
        List<TraceLine> lines = [.. result.Trace.Lines.Where(line => line.IsTurn || Names(line.Text, word))];
        return lines.Count <= Most ? lines : [.. lines.Take(Most / 3), .. lines.TakeLast(Most - (Most / 3))];
    }

    /// <summary>Whether the text has the word, and not only as a part of a longer one: <c>m1</c> is not in <c>m11</c>.</summary>
    public static bool Names(string text, string word)
    {
        for (var at = text.IndexOf(word, StringComparison.Ordinal); at >= 0 && word.Length > 0; at = text.IndexOf(word, at + 1, StringComparison.Ordinal))
        {
            var end = at + word.Length;
            if ((at == 0 || !IsPart(text[at - 1])) && (end == text.Length || !IsPart(text[end])))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsPart(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '\'';
}
