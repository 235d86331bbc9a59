namespace Carrick.Diagnostics;

/// <summary>The names of Carrick's meters.</summary>
public static class MeterNames
{
    /// <summary>The meter of everything that Carrick measures.</summary>
    public const string Carrick = "Carrick";
}
