namespace Carrick.Rest.Contract;

/// <param name="Status">For <c>live</c>: <c>live</c>; for <c>ready</c>: <c>ready</c>, or the engine's state.</param>
/// <param name="Problem">Why it is not ready, in words without secrets.</param>
internal sealed record HealthResource(string Status, string? Problem);
