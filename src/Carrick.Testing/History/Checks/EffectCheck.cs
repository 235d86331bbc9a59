namespace Carrick.Testing.History.Checks;

/// <summary>Effects and requests at receivers, against accepted messages and the state of their deliveries.</summary>
internal sealed class EffectCheck(HistoryFacts facts, HistoryReport report, OrderCheck order)
{
    public void Add(Effect line)
    {
        report.Totals.Effects++;
        var consumer = facts.Consumers.Intern(line.Consumer);
        var message = facts.Messages.Intern(line.Message);
        ref var lastRow = ref facts.Consumer[consumer].LastRow;
        if (line.Row <= lastRow)
        {
            report.Add(Invariant.History, line.Consumer, $"Effect row {line.Row} is listed after row {lastRow}.");
        }

        lastRow = line.Row;
        facts.Pair(consumer, message).Effects++;
        order.Add(consumer, message, line.Subject, line.Sequence);
    }

    public void Add(Received line)
    {
        report.Totals.Received++;
        var consumer = facts.Consumers.Intern(line.Consumer);
        var message = facts.Messages.Intern(line.Message);
        ref var pair = ref facts.Pair(consumer, message);
        pair.Received++;
        pair.Accepted += line.Status is >= 200 and < 300 ? 1 : 0;
        order.Add(consumer, message, line.Subject, line.Sequence);
    }

    public void Finish()
    {
        foreach (var (key, pair) in facts.Pairs)
        {
            var (consumer, message) = HistoryFacts.Split(key);
            var problem = Judge(facts.Consumer[consumer], facts.Message[message], pair);
            if (problem is var (invariant, text))
            {
                report.Add(invariant, facts.NamePair(consumer, message), text);
            }
        }
    }

    private (Invariant Invariant, string Text)? Judge(in ConsumerFacts consumer, in MessageFacts message, in PairFacts pair)
    {
        var seen = pair.Effects + pair.Received > 0;
        if (message.StoredEvent == 0)
        {
            // An acknowledged message that is not in the store is reported as lost, once.
            return message.AckedEvent != 0 || !seen ? null : (Invariant.EffectHasEvent, "An effect of a message that is not in the store.");
        }

        if (seen && pair.Deliveries == 0)
        {
            return consumer.Integration == facts.Event[message.StoredEvent].Integration
                ? null
                : (Invariant.EffectHasEvent, "An effect at a consumer that has no delivery of the message.");
        }

        if (pair.Effects > 1 + pair.Forced)
        {
            return (Invariant.EffectIsSingle, $"{pair.Effects} effects.");
        }

        if (pair.Succeeded > 0)
        {
            return (consumer.IsEndpoint ? pair.Accepted : pair.Effects) > 0
                ? null
                : (Invariant.DrainedIsDone, consumer.IsEndpoint ? "Succeeded, but no request was answered 2xx." : "Succeeded, but without an effect.");
        }

        return pair is { Effects: > 0, MayHaveEffect: 0 } ? (Invariant.DrainedIsDone, "Has an effect, but its delivery did not succeed.") : null;
    }
}
