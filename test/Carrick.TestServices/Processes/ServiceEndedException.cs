namespace Carrick.TestServices.Processes;

/// <summary>A service has ended before it was ready.</summary>
internal sealed class ServiceEndedException(string service, string log) : Exception($"{service} ended before it was ready. The end of its log:\n{log}")
{
    /// <summary>The end of what it has logged since it was started.</summary>
    public string Log { get; } = log;
}
