namespace Carrick.Server.Cli;

/// <summary>Why a command failed.</summary>
/// <param name="ExitCode">One of <see cref="ExitCodes"/>.</param>
/// <param name="Message">What went wrong, as a sentence; no secret.</param>
/// <param name="Remedy">What to do, or <see langword="null"/>.</param>
internal sealed record CliFailure(int ExitCode, string Message, string? Remedy = null)
{
    /// <summary>One line each: for example what is wrong with which key.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];
}

/// <summary>Ends a command from where a value cannot be returned.</summary>
/// <param name="failure">Why.</param>
internal sealed class CliException(CliFailure failure) : Exception(failure.Message)
{
    public CliFailure Failure { get; } = failure;
}
