namespace Carrick.Testing.History.Checks;

/// <summary>Delays and budgets, against the policies that the consumers were declared with.</summary>
internal sealed class RetryCheck(HistoryFacts facts, HistoryReport report, AttemptCheck attempts)
{
    // Recorded times are cut to milliseconds.
    private static readonly TimeSpan Rounding = TimeSpan.FromMilliseconds(1);

    // The delay counts from when the outcome was dealt with, which on a busy machine is some time after the attempt ended.
    private static readonly TimeSpan Dealing = TimeSpan.FromSeconds(2);

    /// <summary>Must run after the attempts are finished: it needs them in order.</summary>
    public void Finish()
    {
        for (var id = 1; id <= facts.Deliveries.Count; id++)
        {
            ref var delivery = ref facts.Delivery[id];
            ref var consumer = ref facts.Consumer[delivery.Consumer];
            if (delivery.Marks.HasFlag(DeliveryMarks.Listed)
                && consumer.Retry is { } rule
                && Judge(rule, consumer.Ordered, delivery, attempts.Attempts.Slice(delivery.FirstAttempt, delivery.AttemptsListed)) is { } text)
            {
                report.Add(Invariant.DelayIsOfPolicy, facts.Deliveries[id], text);
            }
        }
    }

    private static string? Judge(RetryRule rule, bool ordered, in DeliveryFacts delivery, ReadOnlySpan<AttemptFacts> attempts)
    {
        if (attempts.Length != delivery.Attempts)
        {
            // Reported as incomplete; what is missing cannot be counted.
            return null;
        }

        var failures = 0;
        var final = delivery.Marks.HasFlag(DeliveryMarks.Poison);
        for (var i = 0; i < attempts.Length; i++)
        {
            ref readonly var attempt = ref attempts[i];
            if (attempt.Number != i + 1)
            {
                return null;
            }

            if (attempt.Succeeded || attempt.Throttled)
            {
                continue;
            }

            failures++;
            final |= attempt.Final;
            if (attempt.NextDue != 0 && !attempt.Final && JudgeDelay(rule, failures, attempt) is { } text)
            {
                return text;
            }
        }

        // An ordered consumer may be told to block: it then goes on for ever.
        return delivery.State == DeliveryStanding.Dead && !final && failures < rule.Attempts ? $"Dead after {failures} failures, though it has {rule.Attempts}."
            : !ordered && failures > rule.Attempts ? $"Failed {failures} times, though it has {rule.Attempts}."
            : null;
    }

    private static string? JudgeDelay(RetryRule rule, int failures, in AttemptFacts attempt)
    {
        var nominal = Math.Min(rule.Cap.TotalMilliseconds, rule.Base.TotalMilliseconds * Math.Pow(rule.Factor, failures - 1));
        var shortest = nominal * (1 - rule.Jitter);
        var longest = Math.Min(rule.Cap.TotalMilliseconds, nominal * (1 + rule.Jitter));
        var delay = TimeSpan.FromTicks(attempt.NextDue - attempt.End).TotalMilliseconds;
        return delay < shortest - Rounding.TotalMilliseconds || delay > longest + Dealing.TotalMilliseconds
            ? FormattableString.Invariant($"Attempt {attempt.Number} was put off by {delay:F1} ms; failure {failures} asks for {shortest:F0} to {longest:F0} ms.")
            : null;
    }
}
