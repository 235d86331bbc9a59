using Carrick.Testing.History;

namespace Carrick.Tests.Testing;

internal static partial class PlantedBugs
{
    private static bool LeaveOutstanding(List<HistoryRecord> lines, Random random)
    {
        lines.RemoveAll(line => line is ReportedDepth);
        return lines.Exists(line => line is Drained) && Change<StoredDelivery>(
            lines,
            random,
            line => line is { State: DeliveryStanding.Dead, Replayed: false },
            line => line with { State = DeliveryStanding.Outstanding, Reason = null });
    }

    private static bool LoseReason(List<HistoryRecord> lines, Random random) =>
        Change<StoredDelivery>(lines, random, line => line.State == DeliveryStanding.Dead, line => line with { Reason = null });

    private static bool KillSucceeded(List<HistoryRecord> lines, Random random)
    {
        lines.RemoveAll(line => line is ReportedDepth);
        var place = Find<StoredDelivery>(lines, random, line => line is { State: DeliveryStanding.Succeeded, Consumer: ModelHistory.Audit, Replay: false });
        if (place < 0)
        {
            return false;
        }

        var delivery = (StoredDelivery)lines[place];
        lines[place] = delivery with { State = DeliveryStanding.Dead, Reason = "No attempts left." };
        return Change<StoredAttempt>(
            lines, random, line => line.Delivery == delivery.Delivery && line.Succeeded, line => line with { Succeeded = false, Error = "It failed.", Final = true });
    }

    private static bool DropFirstAttempt(List<HistoryRecord> lines, Random random) =>
        Change<StoredAttempt>(lines, random, line => line.Number == 1 && line.NextDueAt is not null, _ => null);

    private static bool DropLastAttempt(List<HistoryRecord> lines, Random random) =>
        Change<StoredAttempt>(lines, random, line => line.NextDueAt is null, _ => null);

    private static bool RepeatAttempt(List<HistoryRecord> lines, Random random)
    {
        var place = Find<StoredAttempt>(lines, random, line => !line.Succeeded && line.NextDueAt is not null);
        if (place >= 0)
        {
            var attempt = (StoredAttempt)lines[place];
            lines.Add(attempt with { StartedAt = attempt.NextDueAt!.Value });
        }

        return place >= 0;
    }

    private static bool LoseError(List<HistoryRecord> lines, Random random) =>
        Change<StoredAttempt>(lines, random, line => !line.Succeeded, line => line with { Error = "" });

    private static bool LoseDueTime(List<HistoryRecord> lines, Random random)
    {
        var later = lines.OfType<StoredAttempt>().Where(line => line.Number > 1).Select(line => (line.Delivery, line.Number - 1)).ToHashSet();
        return Change<StoredAttempt>(lines, random, line => later.Contains((line.Delivery, line.Number)), line => line with { NextDueAt = null });
    }

    private static bool RetryEarly(List<HistoryRecord> lines, Random random)
    {
        var due = lines.OfType<StoredAttempt>().Where(line => line.NextDueAt is not null)
            .ToDictionary(line => (line.Delivery, line.Number + 1), line => line.NextDueAt!.Value);
        return Change<StoredAttempt>(
            lines,
            random,
            line => due.ContainsKey((line.Delivery, line.Number)),
            line =>
            {
                // It ends when it did: the delay that follows counts from there.
                var start = due[(line.Delivery, line.Number)].AddMilliseconds(-1);
                return line with { StartedAt = start, Duration = line.Duration + (line.StartedAt - start) };
            });
    }

    private static bool IgnorePause(List<HistoryRecord> lines, Random random, bool sameMessage)
    {
        var messages = MessagesByEvent(lines);
        var deliveries = lines.OfType<StoredDelivery>().ToDictionary(line => line.Delivery);
        var recorded = lines.OfType<StoredAttempt>().Where(line => line.Status == 429)
            .Select(line => (deliveries[line.Delivery].Consumer, messages[deliveries[line.Delivery].Event], line.StartedAt)).ToHashSet();
        var place = Find<Received>(
            lines,
            random,
            line => line.Status == 429 && recorded.Contains((line.Consumer, line.Message, line.At.AddMilliseconds(-1))));
        if (place < 0)
        {
            return false;
        }

        var asked = (Received)lines[place];
        var other = lines.OfType<Received>().LastOrDefault(line => line.Consumer == asked.Consumer && line.Message != asked.Message && line.Subject != asked.Subject);
        var victim = sameMessage ? asked : other;
        if (victim is null)
        {
            return false;
        }

        // Placed beside the pause's own line, and with no subject, so that it breaks no order.
        lines.Insert(place + 1, victim with { At = asked.At.AddMilliseconds(500), Attempt = 99, Status = 500, Subject = null, NotBefore = null });
        return true;
    }

    private static bool RunAgain(List<HistoryRecord> lines, Random random)
    {
        var place = Find<StoredAttempt>(lines, random, line => line.Succeeded);
        if (place >= 0)
        {
            var attempt = (StoredAttempt)lines[place];
            lines.Add(attempt with { Number = attempt.Number + 1, StartedAt = attempt.StartedAt.AddSeconds(9) });
        }

        return place >= 0;
    }

    private static bool EndTwice(List<HistoryRecord> lines, Random random)
    {
        var place = Find<StoredDelivery>(lines, random, line => line.State == DeliveryStanding.Succeeded);
        if (place >= 0)
        {
            lines.Insert(place + 1, (StoredDelivery)lines[place] with { State = DeliveryStanding.Dead, Reason = "No attempts left." });
        }

        return place >= 0;
    }

    private static bool MisreportDepth(List<HistoryRecord> lines, Random random) =>
        Change<ReportedDepth>(lines, random, _ => true, line => line with { Dead = line.Dead + 1 });
}
