using Carrick.Retry;

namespace Carrick.Delivery;

/// <summary>What one attempt came to: an expected failure is a value.</summary>
/// <param name="Category">Why it failed; <see cref="FailureCategory.None"/> for success.</param>
/// <param name="StatusCode">The HTTP status, if there was a response.</param>
/// <param name="Error">The error in full, without secrets.</param>
/// <param name="RetryAfter">The earliest next attempt that the other side asked for; applies to the whole endpoint.</param>
internal readonly record struct AttemptResult(FailureCategory Category, int? StatusCode, string? Error, DateTimeOffset? RetryAfter)
{
    /// <summary>What failed, for the tag <c>error.type</c>: one of <see cref="DeliveryErrorType"/> or the HTTP status; <see langword="null"/> for success.</summary>
    public string? ErrorType { get; init; }

    /// <summary>The error on one short line, for the log and the reason of a dead letter: nothing of what the other side answered.</summary>
    public string? Summary { get; init; }

    public static AttemptResult Success(int? statusCode = null) => new(FailureCategory.None, statusCode, null, null);

    public static AttemptResult Failure(FailureCategory category, string error, int? statusCode = null, DateTimeOffset? retryAfter = null) =>
        new(category, statusCode, error, retryAfter);
}
