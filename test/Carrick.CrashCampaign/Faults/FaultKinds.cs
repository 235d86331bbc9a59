namespace Carrick.CrashCampaign.Faults;

/// <summary>What fails besides the victim.</summary>
[Flags]
internal enum FaultKinds
{
    None = 0,

    /// <summary>Connections to PostgreSQL and to the receivers: slow, reset, half-open, cut short, refused.</summary>
    Network = 1,

    /// <summary>Connections to PostgreSQL are cut at a COMMIT, before or after the server gets it.</summary>
    Commit = 2,

    /// <summary>PostgreSQL is stopped at once, its postmaster or one of its backends is killed.</summary>
    Postmaster = 4,

    All = Network | Commit | Postmaster,
}
