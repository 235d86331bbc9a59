using Carrick.Delivery;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;

namespace Carrick.Dispatch;

/// <summary>What follows from one attempt. The state machine of a delivery, as a pure function.</summary>
/// <param name="Step">The next state.</param>
/// <param name="DueAt">For <see cref="DeliveryStep.Retry"/>: when.</param>
/// <param name="Failures">Budget used, this attempt included.</param>
/// <param name="GateUntil">No attempt of the whole consumer before.</param>
/// <param name="Reason">For <see cref="DeliveryStep.DeadLetter"/>: why.</param>
/// <param name="Disable">Disable the consumer.</param>
internal readonly record struct DeliveryDecision(
    DeliveryStep Step, DateTimeOffset? DueAt, int Failures, DateTimeOffset? GateUntil, string? Reason, bool Disable)
{
    /// <summary>A delivery that is only ever throttled gives up in the end.</summary>
    public const int MaxAttempts = 10_000;

    public static DeliveryDecision Make(ConsumerDefinition consumer, WorkItem item, AttemptResult result, DateTimeOffset now, IRandomSource random)
    {
        var attempts = item.Attempts + 1;
        switch (result.Category)
        {
            case FailureCategory.None:
                return new(DeliveryStep.Complete, null, item.Failures, null, null, false);
            case FailureCategory.Cancelled:
                return new(DeliveryStep.Return, null, item.Failures, null, null, false);
            case FailureCategory.Throttled when attempts < MaxAttempts:
                // Consecutive throttling backs off like failures do, but uses up no budget. A Retry-After that has passed already asks
                // for nothing: taken at its word, it would have the endpoint called in a loop as fast as it answers.
                var until = result.RetryAfter > now
                    ? result.RetryAfter.Value
                    : now + RetrySchedule.Delay(consumer.Retry, attempts - item.Failures, random);
                return new(DeliveryStep.Retry, until, item.Failures, until, null, false);
            case FailureCategory.Gone:
                return new(DeliveryStep.DeadLetter, null, item.Failures + 1, null, "The endpoint answered 410: it is gone.", true);
        }

        var failures = item.Failures + 1;
        var exhausted = result.Category != FailureCategory.Transient || failures >= consumer.Retry.Attempts;
        var blocks = item.OrderingKey is not null && consumer.OnOrderedFailure == OrderingFailure.Block && result.Category != FailureCategory.Poison;
        if (!exhausted || blocks)
        {
            var due = now + (exhausted ? consumer.Retry.Cap : RetrySchedule.Delay(consumer.Retry, failures, random));
            return new(DeliveryStep.Retry, result.RetryAfter > due ? result.RetryAfter : due, failures, result.RetryAfter, null, false);
        }

        var reason = result.Category switch
        {
            FailureCategory.Transient => $"Failed {failures} times, the budget of the retry policy.",
            FailureCategory.Throttled => $"Throttled in {attempts} attempts.",
            FailureCategory.Poison => result.Summary ?? "It stopped its host again and again.",
            _ => "Failed for good: trying again would not help.",
        };
        if (result.Summary is { } summary && result.Category != FailureCategory.Poison)
        {
            reason = $"{reason} {summary}";
        }

        return new(DeliveryStep.DeadLetter, null, failures, null, reason, false);
    }
}

/// <summary>The next state of a delivery after an attempt.</summary>
internal enum DeliveryStep
{
    /// <summary>Succeeded.</summary>
    Complete,

    /// <summary>Tried again later.</summary>
    Retry,

    /// <summary>Gives up.</summary>
    DeadLetter,

    /// <summary>As if it had not been tried.</summary>
    Return,
}
