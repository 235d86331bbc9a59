using Carrick.Testing.History;

namespace Carrick.Tests.Testing;

internal static partial class PlantedBugs
{
    private static bool BookInvented(List<HistoryRecord> lines, Random random)
    {
        lines.Add(new Effect(ModelHistory.Ledger, NextRow(lines, ModelHistory.Ledger), "msg-invented", "customer-0", long.MaxValue));
        return true;
    }

    private static bool SendInvented(List<HistoryRecord> lines, Random random)
    {
        lines.Add(new Received(DateTimeOffset.MaxValue, ModelHistory.Erp, "msg-invented", "customer-0", long.MaxValue, 1, 200, null));
        return true;
    }

    private static bool DoubleEffect(List<HistoryRecord> lines, Random random)
    {
        var place = Find<Effect>(lines, random, line => line.Consumer == ModelHistory.Audit);
        if (place >= 0)
        {
            var effect = (Effect)lines[place];
            lines.Add(effect with { Row = NextRow(lines, effect.Consumer) });
        }

        return place >= 0;
    }

    private static bool LoseEffect(List<HistoryRecord> lines, Random random)
    {
        var messages = MessagesByEvent(lines);
        var succeeded = lines.OfType<StoredDelivery>().Where(line => line.State == DeliveryStanding.Succeeded)
            .Select(line => (line.Consumer, messages[line.Event])).ToHashSet();
        return Change<Effect>(lines, random, line => succeeded.Contains((line.Consumer, line.Message)), _ => null);
    }

    private static bool LoseRequest(List<HistoryRecord> lines, Random random)
    {
        var place = Find<StoredDelivery>(lines, random, line => line is { State: DeliveryStanding.Succeeded, Consumer: ModelHistory.Erp });
        if (place < 0)
        {
            return false;
        }

        var message = MessageOf(lines, (StoredDelivery)lines[place]);
        lines.RemoveAll(line => line is Received { Consumer: ModelHistory.Erp, Status: 200 } received && received.Message == message);
        return true;
    }

    private static bool SwapEffects(List<HistoryRecord> lines, Random random)
    {
        var messages = MessagesByEvent(lines);
        var replayed = lines.OfType<StoredDelivery>().Where(line => line.Replay).Select(line => messages[line.Event]).ToHashSet();
        var pairs = lines.OfType<Effect>().Where(line => line.Consumer == ModelHistory.Ledger && !replayed.Contains(line.Message))
            .GroupBy(line => line.Subject).Where(group => group.Count() > 1).Select(group => group.Take(2).ToArray()).ToList();
        if (pairs.Count == 0)
        {
            return false;
        }

        var pair = pairs[random.Next(pairs.Count)];
        var (first, second) = (lines.IndexOf(pair[0]), lines.IndexOf(pair[1]));
        (lines[first], lines[second]) = (pair[1] with { Row = pair[0].Row }, pair[0] with { Row = pair[1].Row });
        return true;
    }

    private static bool SwapRequests(List<HistoryRecord> lines, Random random)
    {
        var messages = MessagesByEvent(lines);
        var replayed = lines.OfType<StoredDelivery>().Where(line => line.Replay).Select(line => messages[line.Event]).ToHashSet();
        var heads = lines.OfType<Received>().Where(line => line.Consumer == ModelHistory.Erp && !replayed.Contains(line.Message))
            .GroupBy(line => line.Subject).Select(group => group.ToArray())
            .Where(group => group[0].Message != group[^1].Message && group[0].Status == 200 && group.Count(line => line.Message == group[0].Message) == 1).ToList();
        if (heads.Count == 0)
        {
            return false;
        }

        // The head arrives again, after the one behind it: the engine did not wait for it.
        var late = heads[random.Next(heads.Count)];
        lines.Remove(late[0]);
        lines.Add(late[0]);
        return true;
    }

    private static bool ShuffleRows(List<HistoryRecord> lines, Random random) =>
        Change<Effect>(lines, random, line => line.Row > 1, line => line with { Row = 0 });

    private static bool Undeclare(List<HistoryRecord> lines, Random random) =>
        lines.Exists(line => line is Effect { Consumer: ModelHistory.Audit })
        && Change<DeclaredConsumer>(lines, random, line => line.Name == ModelHistory.Audit, _ => null);
}
