namespace Carrick.CrashCampaign.Victim;

/// <summary>Where handlers book.</summary>
internal enum HandlerPlace
{
    /// <summary>In a file of their own.</summary>
    Own,

    /// <summary>In the engine's file.</summary>
    Engine,

    /// <summary>The ordered handler in the engine's file, the other in its own.</summary>
    Both,
}
