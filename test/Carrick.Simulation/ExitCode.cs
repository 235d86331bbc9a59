namespace Carrick.Simulation;

/// <summary>What the program ends with.</summary>
internal static class ExitCode
{
    public const int Clean = 0;
    public const int Findings = 1;
    public const int Usage = 2;
    public const int Unfinished = 3;
}
