using Carrick.Testing.History;

namespace Carrick.Tests.Testing;

internal static partial class PlantedBugs
{
    private static bool ForgetAcked(List<HistoryRecord> lines, Random random)
    {
        var place = Find<Acked>(lines, random, _ => true);
        if (place < 0)
        {
            return false;
        }

        var acked = (Acked)lines[place];
        var deliveries = lines.OfType<StoredDelivery>().Where(line => line.Event == acked.Event).Select(line => line.Delivery).ToHashSet();
        lines.RemoveAll(line => line switch
        {
            StoredEvent stored => stored.Event == acked.Event,
            StoredDelivery delivery => deliveries.Contains(delivery.Delivery),
            StoredAttempt attempt => deliveries.Contains(attempt.Delivery),
            Effect effect => effect.Message == acked.Message,
            Received received => received.Message == acked.Message,
            ReportedDepth => true,
            _ => false,
        });
        return true;
    }

    private static bool ForgetDelivery(List<HistoryRecord> lines, Random random)
    {
        var place = Find<StoredDelivery>(lines, random, line => line.State == DeliveryStanding.Succeeded && !line.Replay);
        if (place < 0)
        {
            return false;
        }

        var delivery = (StoredDelivery)lines[place];
        var message = MessageOf(lines, delivery);
        lines.RemoveAll(line => line == delivery
            || (line is StoredAttempt attempt && attempt.Delivery == delivery.Delivery)
            || (line is Effect effect && effect.Message == message && effect.Consumer == delivery.Consumer));
        return true;
    }

    private static bool BookRefused(List<HistoryRecord> lines, Random random)
    {
        var place = Find<Refused>(lines, random, line => line.Status == 400 && !lines.OfType<OutcomeUnknown>().Any(other => other.Message == line.Message));
        if (place >= 0)
        {
            lines.Add(new Effect(ModelHistory.Audit, NextRow(lines, ModelHistory.Audit), ((Refused)lines[place]).Message, null, 0));
        }

        return place >= 0;
    }

    private static bool StoreRefused(List<HistoryRecord> lines, Random random)
    {
        var place = Find<Refused>(lines, random, line => line.Status == 400 && !lines.OfType<OutcomeUnknown>().Any(other => other.Message == line.Message));
        if (place >= 0)
        {
            lines.Add(new StoredEvent("evt_refused", "elsewhere", ((Refused)lines[place]).Message));
        }

        return place >= 0;
    }

    private static bool AcceptForged(List<HistoryRecord> lines, bool stored)
    {
        lines.Add(new Sent(DateTimeOffset.MaxValue, "msg-forged", null, 0) { Forged = true });
        lines.Add(stored ? new OutcomeUnknown(DateTimeOffset.MaxValue, "msg-forged") : new Acked(DateTimeOffset.MaxValue, "msg-forged", "evt_forged", false));
        if (stored)
        {
            lines.Add(new StoredEvent("evt_forged", "elsewhere", "msg-forged"));
        }

        return true;
    }

    private static bool DeliverNothing(List<HistoryRecord> lines, Random random)
    {
        lines.Add(new StoredDelivery("dlv_nothing", "evt_nothing", ModelHistory.Audit, DeliveryStanding.Succeeded, 0));
        return true;
    }

    private static bool AnswerOtherId(List<HistoryRecord> lines, Random random)
    {
        var place = Find<Acked>(lines, random, line => line.Duplicate);
        if (place >= 0)
        {
            lines[place] = (Acked)lines[place] with { Event = "evt_other" };
        }

        return place >= 0;
    }

    private static bool AnswerAsNew(List<HistoryRecord> lines, Random random)
    {
        var answered = lines.OfType<Acked>().Where(line => !line.Duplicate).Select(line => line.Message).ToHashSet();
        return Change<Acked>(lines, random, line => line.Duplicate && answered.Contains(line.Message), line => line with { Duplicate = false });
    }

    private static bool StoreTwice(List<HistoryRecord> lines, Random random)
    {
        var place = Find<StoredEvent>(lines, random, _ => true);
        if (place >= 0)
        {
            lines.Add((StoredEvent)lines[place] with { Event = "evt_again" });
        }

        return place >= 0;
    }
}
