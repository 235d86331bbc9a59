using System.Text.RegularExpressions;

namespace Carrick.CrashCampaign.Running;

/// <summary>What a line of the server's log means. Pure.</summary>
internal static partial class VictimLog
{
    // The store, a consumer's reads, a start of a delivery, a handler database or its outbox cannot be used now.
    private static readonly int[] OfOutages = [1000, 1004, 1100, 1202, 1210, 1212];

    // A dead letter: the load makes them on purpose.
    private const int Dead = 1111;

    /// <summary>Whether the server says that something is broken. A kill says nothing, and what the load does on purpose is a warning, or a dead letter.</summary>
    public static bool IsFailure(string line) =>
        (line.StartsWith("fail: ", StringComparison.Ordinal) || line.StartsWith("crit: ", StringComparison.Ordinal)) && IdOf(line) != Dead;

    /// <summary>The same while its database is made to fail: that it says so is right.</summary>
    public static bool IsFailureDespiteFaults(string line) => IsFailure(line) && !(IdOf(line) is { } id && OfOutages.Contains(id));

    /// <summary>Whether the server says that another has taken its store over.</summary>
    public static bool IsTakenOver(string line) => IdOf(line) == 1002 && line.Contains("was taken over by another process", StringComparison.Ordinal);

    /// <summary>The same after it has slept through a take-over: its connections may have been ended, and what was under way cannot be recorded.</summary>
    public static bool IsFailureOfAZombie(string line) => IsFailureDespiteFaults(line) && !IsTakenOver(line) && IdOf(line) is not (1112 or 1015);

    private static int? IdOf(string line) =>
        EventId().Match(line) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"^[a-z]+: Carrick\.[A-Za-z.]+\[(\d+)\]")]
    private static partial Regex EventId();
}
