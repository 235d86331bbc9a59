namespace Carrick.CrashCampaign.Running;

/// <summary>What a run does to its servers under load.</summary>
internal interface ICampaign
{
    /// <summary>Runs to the end, in which nothing is outstanding any more and what is to be known of the engine is in the history.</summary>
    /// <exception cref="VictimFailedException">A server did by itself what only the campaign may do to it, or was too slow.</exception>
    Task RunAsync();

    /// <summary>What was done, for the last line.</summary>
    string Done { get; }
}
