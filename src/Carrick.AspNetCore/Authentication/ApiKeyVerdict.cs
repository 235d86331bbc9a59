namespace Carrick.Authentication;

/// <summary>What a presented key is.</summary>
/// <param name="Caller">Who it is, or <see langword="null"/> if it is refused.</param>
/// <param name="Failure">Why it is refused; a closed list, used as a metric's tag.</param>
internal readonly record struct ApiKeyVerdict(ApiCaller? Caller, string? Failure)
{
    public static ApiKeyVerdict Refused(string failure) => new(null, failure);
}
