using System.Globalization;
using System.Text.RegularExpressions;

namespace Carrick.Simulation;

/// <summary>The last line of a run; those of workers add up.</summary>
/// <param name="Run">Seeds run.</param>
/// <param name="Failed">Seeds with findings.</param>
/// <param name="Steps">Steps taken.</param>
/// <param name="Lives">Lives of the engine.</param>
/// <param name="Fingerprint">The hashes of all traces in one: two runs of the same seeds have the same.</param>
internal sealed partial record Summary(long Run, long Failed, long Steps, long Lives, ulong Fingerprint)
{
    public static Summary Empty { get; } = new(0, 0, 0, 0, 0);

    public string Format() => string.Create(
        CultureInfo.InvariantCulture, $"{Run} seeds, {Failed} failed; {Steps} steps, {Lives} lives of the engine; fingerprint {Fingerprint:x16}");

    public static Summary? TryParse(string line) => Pattern().Match(line) is { Success: true } match
        ? new Summary(
            long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture),
            long.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture), long.Parse(match.Groups[4].Value, CultureInfo.InvariantCulture),
            ulong.Parse(match.Groups[5].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture))
        : null;

    public Summary Add(Summary other) =>
        new(Run + other.Run, Failed + other.Failed, Steps + other.Steps, Lives + other.Lives, Fingerprint ^ other.Fingerprint);

    [GeneratedRegex("^([0-9]+) seeds, ([0-9]+) failed; ([0-9]+) steps, ([0-9]+) lives of the engine; fingerprint ([0-9a-f]{16})$")]
    private static partial Regex Pattern();
}
