using System.Runtime.InteropServices;

namespace Carrick.Testing.History.Checks;

/// <summary>Attempts of each delivery: complete, not early, and none after success.</summary>
internal sealed class AttemptCheck(HistoryFacts facts, HistoryReport report)
{
    private readonly List<AttemptFacts> _attempts = [];

    /// <summary>In order of delivery and number once this check is finished.</summary>
    public ReadOnlySpan<AttemptFacts> Attempts => CollectionsMarshal.AsSpan(_attempts);

    public void Add(StoredAttempt line)
    {
        report.Totals.Attempts++;
        _attempts.Add(new AttemptFacts
        {
            Delivery = facts.Deliveries.Intern(line.Delivery),
            Number = line.Number,
            Start = line.StartedAt.UtcTicks,
            End = (line.StartedAt + line.Duration).UtcTicks,
            NextDue = line.NextDueAt?.UtcTicks ?? 0,
            Status = line.Status ?? 0,
            Succeeded = line.Succeeded,
            HasError = !string.IsNullOrEmpty(line.Error),
            Throttled = line.Throttled,
            Final = line.Final,
        });
    }

    public void Finish()
    {
        _attempts.Sort();
        for (var first = 0; first < _attempts.Count;)
        {
            var id = _attempts[first].Delivery;
            var next = first + 1;
            while (next < _attempts.Count && _attempts[next].Delivery == id)
            {
                next++;
            }

            ref var delivery = ref facts.Delivery[id];
            (delivery.FirstAttempt, delivery.AttemptsListed) = (first, next - first);
            first = next;
        }

        for (var id = 1; id <= facts.Deliveries.Count; id++)
        {
            ref var delivery = ref facts.Delivery[id];
            if (Judge(delivery, Attempts.Slice(delivery.FirstAttempt, delivery.AttemptsListed)) is var (invariant, text))
            {
                report.Add(invariant, facts.Deliveries[id], text);
            }
        }
    }

    // The first problem of a delivery is reported; those behind it mostly follow from it.
    private static (Invariant Invariant, string Text)? Judge(in DeliveryFacts delivery, ReadOnlySpan<AttemptFacts> attempts)
    {
        if (!delivery.Marks.HasFlag(DeliveryMarks.Listed))
        {
            return attempts.IsEmpty ? null : (Invariant.AttemptsAreComplete, "Has attempts, but the delivery is not in the store.");
        }

        for (var i = 0; i < attempts.Length; i++)
        {
            ref readonly var attempt = ref attempts[i];
            if (attempt.Number != i + 1)
            {
                return (Invariant.AttemptsAreComplete, $"Attempt {i + 1} is missing or listed twice.");
            }

            var isLast = i == attempts.Length - 1;
            if (attempt.Succeeded && (!isLast || delivery.State is not (DeliveryStanding.Succeeded or DeliveryStanding.Skipped)))
            {
                return (Invariant.DeliveryEndsOnce, $"Attempt {attempt.Number} of {attempts.Length} succeeded, and the delivery is {delivery.State}.");
            }

            if (!attempt.Succeeded && !attempt.HasError)
            {
                return (Invariant.AttemptsAreComplete, $"Attempt {attempt.Number} failed without an error.");
            }

            if (!isLast && attempt.NextDue == 0)
            {
                return (Invariant.AttemptsAreComplete, $"Attempt {attempt.Number} has no due time for the next.");
            }

            if (!isLast && attempts[i + 1].Start < attempt.NextDue && !delivery.Marks.HasFlag(DeliveryMarks.OperatorActed))
            {
                var early = TimeSpan.FromTicks(attempt.NextDue - attempts[i + 1].Start);
                return (Invariant.AttemptIsDue, $"Attempt {attempt.Number + 1} started {early.TotalMilliseconds} ms before it was due.");
            }
        }

        return attempts.Length == delivery.Attempts
            ? null
            : (Invariant.AttemptsAreComplete, $"Counts {delivery.Attempts} attempts, but {attempts.Length} are listed.");
    }
}
