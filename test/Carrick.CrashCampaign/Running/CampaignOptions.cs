using Carrick.CrashCampaign.Faults;
using Carrick.CrashCampaign.Victim;

namespace Carrick.CrashCampaign.Running;

/// <summary>What a run does.</summary>
internal sealed record CampaignOptions
{
    public CampaignKind Kind { get; init; }

    /// <summary>How many kills, cuts, deliveries or take-overs.</summary>
    public int Count { get; init; } = 50;

    public int Seed { get; init; } = (int)(DateTime.UtcNow.Ticks & int.MaxValue);

    public bool Postgres { get; init; }

    public HandlerPlace Handlers { get; init; }

    public FaultKinds Faults { get; init; }

    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);

    public Sabotage Sabotage { get; init; }

    public int Connections { get; init; } = 8;

    public string? Directory { get; init; }

    public bool Keep { get; init; }

    /// <summary>After which the run has hung.</summary>
    public TimeSpan Deadline => TimeSpan.FromMinutes(6) + (Count * Kind switch
    {
        CampaignKind.Kills => TimeSpan.FromSeconds(Faults == FaultKinds.None ? 6 : 60),
        CampaignKind.Zombies => TimeSpan.FromSeconds(60),
        CampaignKind.Cuts => TimeSpan.FromSeconds(1),
        _ => TimeSpan.FromMilliseconds(10),
    });
}
