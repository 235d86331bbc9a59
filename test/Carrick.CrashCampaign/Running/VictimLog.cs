namespace Carrick.CrashCampaign;

/// <summary>What a line of the server's log means. Pure.</summary>
internal static class VictimLog
{
    /// <summary>Whether the server says that something is broken. A kill says nothing, and what the load does on purpose is a warning at most.</summary>
    public static bool IsFailure(string line) =>
        line.StartsWith("fail: ", StringComparison.Ordinal) || line.StartsWith("crit: ", StringComparison.Ordinal);
}
