namespace Carrick.Server.Cli;

/// <summary>What the process returns; a published contract for scripts.</summary>
internal static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>It failed, or a check of <c>doctor</c> failed.</summary>
    public const int Failure = 1;

    /// <summary>Wrong arguments, or a configuration or request that is not valid.</summary>
    public const int Usage = 2;

    /// <summary>The server cannot be reached or does not answer in time.</summary>
    public const int Unreachable = 3;

    /// <summary>The API key is missing, wrong, or lacks the scope.</summary>
    public const int NotAuthorised = 4;

    /// <summary>There is no such record.</summary>
    public const int NotFound = 5;

    /// <summary>The server is full or limits the caller; try again later.</summary>
    public const int Busy = 6;
}
