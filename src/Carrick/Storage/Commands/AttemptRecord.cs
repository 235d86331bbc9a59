using Carrick.Retry;

namespace Carrick.Storage.Commands;

/// <summary>One try of a delivery.</summary>
public sealed record AttemptRecord
{
    /// <summary>From 1, without gaps.</summary>
    public required int Number { get; init; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Why it failed; <see cref="FailureCategory.None"/> for success.</summary>
    public required FailureCategory Category { get; init; }

    /// <summary>The HTTP status, if there was a response.</summary>
    public int? StatusCode { get; init; }

    /// <summary>The full error; for HTTP the start of the response body. No secret, no payload of ours.</summary>
    public string? Error { get; init; }

    /// <summary>When the next attempt is due, if there is one.</summary>
    public DateTimeOffset? NextDueAt { get; init; }
}
