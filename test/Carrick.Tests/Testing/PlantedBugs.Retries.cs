using Carrick.Testing.History;

namespace Carrick.Tests.Testing;

internal static partial class PlantedBugs
{
    private static bool RetryAtOnce(List<HistoryRecord> lines, Random random) => Change<StoredAttempt>(
        lines,
        random,
        line => line is { NextDueAt: not null, Throttled: false },
        line => line with { NextDueAt = line.StartedAt + line.Duration });

    private static bool RetryMuchLater(List<HistoryRecord> lines, Random random)
    {
        var handlers = lines.OfType<StoredDelivery>().Where(line => line.Consumer == ModelHistory.Audit).Select(line => line.Delivery).ToHashSet();
        var place = Find<StoredAttempt>(lines, random, line => line.NextDueAt is not null && handlers.Contains(line.Delivery));
        if (place < 0)
        {
            return false;
        }

        var late = (StoredAttempt)lines[place];
        var shift = ModelHistory.Rule.Cap * 10;
        lines[place] = late with { NextDueAt = late.NextDueAt + shift };
        for (var i = 0; i < lines.Count; i++)
        {
            if (lines[i] is StoredAttempt later && later.Delivery == late.Delivery && later.Number > late.Number)
            {
                lines[i] = later with { StartedAt = later.StartedAt + shift, NextDueAt = later.NextDueAt + shift };
            }
        }

        return true;
    }

    private static bool GiveUpSoon(List<HistoryRecord> lines, Random random)
    {
        var place = Find<StoredDelivery>(lines, random, line => line.State == DeliveryStanding.Dead);
        if (place < 0)
        {
            return false;
        }

        var dead = (StoredDelivery)lines[place];
        lines.RemoveAll(line => line is StoredAttempt attempt && attempt.Delivery == dead.Delivery && attempt.Number == dead.Attempts);
        lines[lines.IndexOf(dead)] = dead with { Attempts = dead.Attempts - 1 };
        return true;
    }

    private static bool ShrinkBudget(List<HistoryRecord> lines, Random random)
    {
        var dead = lines.OfType<StoredDelivery>().Where(line => line.State == DeliveryStanding.Dead).Select(line => line.Consumer).ToHashSet();
        return Change<DeclaredConsumer>(
            lines,
            random,
            line => !line.Ordered && dead.Contains(line.Name),
            line => line with { Retry = ModelHistory.Rule with { Attempts = ModelHistory.Rule.Attempts - 1 } });
    }

    private static bool AlterEffect(List<HistoryRecord> lines, Random random) =>
        Change<Effect>(lines, random, _ => true, line => line with { Body = "0123456789abcdef" });

    private static bool AlterRequest(List<HistoryRecord> lines, Random random) =>
        Change<Received>(lines, random, _ => true, line => line with { Body = "0123456789abcdef" });

    private static bool PostTwice(List<HistoryRecord> lines, Random random)
    {
        var messages = MessagesByEvent(lines);
        var replayed = lines.OfType<StoredDelivery>().Where(line => line.Replay).Select(line => messages[line.Event]).ToHashSet();
        var kills = lines.OfType<Killed>().Select(line => line.At).ToList();
        var place = Find<Received>(
            lines,
            random,
            line => line.Status is 200 or 500 && !replayed.Contains(line.Message) && !kills.Exists(at => (line.At - at).Duration() < TimeSpan.FromMilliseconds(300)));
        if (place >= 0)
        {
            var received = (Received)lines[place];
            lines.Insert(place + 1, received with { At = received.At.AddMilliseconds(1) });
        }

        return place >= 0;
    }
}
