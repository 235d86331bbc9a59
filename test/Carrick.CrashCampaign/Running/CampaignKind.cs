namespace Carrick.CrashCampaign.Running;

/// <summary>What a run does to the server under load.</summary>
internal enum CampaignKind
{
    /// <summary>kill -9 at random moments.</summary>
    Kills,

    /// <summary>Connections are cut at COMMIT.</summary>
    Cuts,

    /// <summary>Each message is delivered many times, in no order.</summary>
    Shuffled,

    /// <summary>The owner of the store is suspended until another has taken over, and then wakes up.</summary>
    Zombies,
}
