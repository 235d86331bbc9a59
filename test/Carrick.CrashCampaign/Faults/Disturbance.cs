using Carrick.TestServices.Faults;

namespace Carrick.CrashCampaign.Faults;

/// <summary>One way in which a link fails, until the next one.</summary>
/// <param name="Name">For the log and the count.</param>
/// <param name="Plan">What the link does from now on.</param>
internal sealed record Disturbance(string Name, FaultPlan Plan)
{
    /// <summary>Open connections are reset first.</summary>
    public bool Resets { get; init; }

    /// <summary>The plan holds for what is open only: new connections work again.</summary>
    public bool IsPast { get; init; }
}
