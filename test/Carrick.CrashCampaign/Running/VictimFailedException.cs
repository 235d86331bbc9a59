namespace Carrick.CrashCampaign.Running;

/// <summary>The server did on its own what only the campaign may do to it: it ended, fell silent, or said that something is broken.</summary>
internal sealed class VictimFailedException(string message) : Exception(message);
