using Carrick.Retry;

namespace Carrick.Delivery;

/// <summary>What a response's status means for the delivery. Pure.</summary>
/// <remarks>
/// A redirect is never followed: it would send signed bytes to a place that nobody configured. 301 and 308 say that the URL is wrong for good, so
/// they are permanent; the other 3xx are what a proxy answers during maintenance or a login time-out, so they may pass.
/// </remarks>
internal static class ResponseClassifier
{
    /// <summary>Sorts a final status.</summary>
    /// <param name="status">The status, as received; any number.</param>
    /// <param name="hasRetryAfter">Whether the response has a <c>Retry-After</c> that can be read.</param>
    /// <param name="mayPass">The endpoint's own transient statuses; only what <see cref="CanBeTransient"/> allows counts.</param>
    public static FailureCategory Classify(int status, bool hasRetryAfter, IReadOnlyList<int> mayPass) =>
        CanBeTransient(status) && mayPass.Contains(status) ? FailureCategory.Transient : Classify(status, hasRetryAfter);

    /// <summary>Whether an endpoint may call this status transient: a 4xx whose meaning is not fixed otherwise.</summary>
    public static bool CanBeTransient(int status) => status is >= 400 and <= 499 and not 410 and not 429;

    /// <summary>Whether <c>Retry-After</c> counts: wherever another attempt follows.</summary>
    public static bool HonoursRetryAfter(FailureCategory category) => category is FailureCategory.Transient or FailureCategory.Throttled;

    private static FailureCategory Classify(int status, bool hasRetryAfter) => status switch
    {
        >= 200 and <= 299 => FailureCategory.None,
        301 or 308 => FailureCategory.Permanent,
        408 or 425 => FailureCategory.Transient,
        410 => FailureCategory.Gone,
        429 => FailureCategory.Throttled,
        >= 400 and <= 499 => FailureCategory.Permanent,
        503 when hasRetryAfter => FailureCategory.Throttled,
        _ => FailureCategory.Transient,
    };
}
