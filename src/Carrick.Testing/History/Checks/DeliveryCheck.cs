namespace Carrick.Testing.History.Checks;

/// <summary>Deliveries: one per consumer and event, ended after draining, dead only with a reason.</summary>
internal sealed class DeliveryCheck(HistoryFacts facts, HistoryReport report)
{
    private bool _drained;

    public void Add(DeclaredConsumer line)
    {
        ref var consumer = ref facts.Consumer[facts.Consumers.Intern(line.Name)];
        consumer.Declared = true;
        consumer.Integration = facts.Integrations.Intern(line.Integration);
        consumer.IsEndpoint = line.Type == ConsumerType.Endpoint;
        consumer.Ordered = line.Ordered;
        consumer.Retry = line.Retry;
    }

    public void Add(StoredDelivery line)
    {
        report.Totals.Deliveries++;
        report.Totals.Succeeded += line.State == DeliveryStanding.Succeeded ? 1 : 0;
        report.Totals.Dead += line.State == DeliveryStanding.Dead ? 1 : 0;
        ref var delivery = ref facts.Delivery[facts.Deliveries.Intern(line.Delivery)];
        if (delivery.Marks.HasFlag(DeliveryMarks.Listed))
        {
            report.Add(Invariant.DeliveryEndsOnce, line.Delivery, $"Is in the store as {delivery.State} and as {line.State}.");
            return;
        }

        delivery.Event = facts.Events.Intern(line.Event);
        delivery.Consumer = facts.Consumers.Intern(line.Consumer);
        delivery.Attempts = line.Attempts;
        delivery.State = line.State;
        delivery.Marks |= DeliveryMarks.Listed
            | (string.IsNullOrEmpty(line.Reason) ? DeliveryMarks.None : DeliveryMarks.HasReason)
            | (line.DueAt is null ? DeliveryMarks.None : DeliveryMarks.Delayed)
            | (line.Replayed ? DeliveryMarks.Replayed : DeliveryMarks.None)
            | (line.Forced ? DeliveryMarks.Forced : DeliveryMarks.None)
            | (line.Poison ? DeliveryMarks.Poison : DeliveryMarks.None)
            | (line.Replay ? DeliveryMarks.Replay : DeliveryMarks.None);
    }

    public void Add(OperatorActed line) => facts.Delivery[facts.Deliveries.Intern(line.Delivery)].Marks |= DeliveryMarks.OperatorActed;

    public void Add(Drained _) => _drained = true;

    /// <summary>Must run before the other checks finish: they need the pairs.</summary>
    public void Finish()
    {
        for (var id = 1; id <= facts.Deliveries.Count; id++)
        {
            ref var delivery = ref facts.Delivery[id];
            if (delivery.Marks.HasFlag(DeliveryMarks.Listed))
            {
                Judge(id, delivery);
                Count(id, ref delivery);
            }
        }

        FindUndeclared();
        FindMissing();
    }

    private void Judge(int id, in DeliveryFacts delivery)
    {
        if (!facts.Event[delivery.Event].Stored && facts.MessageOf(id) == 0)
        {
            report.Add(Invariant.EffectHasEvent, facts.Deliveries[id], "Its event is not in the store, and no sender knows it.");
        }
        else if (_drained && delivery.State == DeliveryStanding.Outstanding)
        {
            report.Add(Invariant.DrainedIsDone, facts.Deliveries[id], "Still outstanding after draining.");
        }
        else if (delivery.State == DeliveryStanding.Dead && !delivery.Marks.HasFlag(DeliveryMarks.HasReason))
        {
            report.Add(Invariant.DrainedIsDone, facts.Deliveries[id], "A dead letter without a reason.");
        }
    }

    private void Count(int id, ref DeliveryFacts delivery)
    {
        var message = facts.MessageOf(id);
        if (message == 0)
        {
            return;
        }

        ref var pair = ref facts.Pair(delivery.Consumer, message);
        pair.Deliveries++;
        pair.Succeeded += (short)(delivery.State == DeliveryStanding.Succeeded ? 1 : 0);
        pair.Forced += (short)(delivery.Marks.HasFlag(DeliveryMarks.Forced) ? 1 : 0);
        pair.Replays += (short)(delivery.Marks.HasFlag(DeliveryMarks.Replay) ? 1 : 0);
        var mayHaveEffect = delivery.State is DeliveryStanding.Outstanding or DeliveryStanding.Discarded || delivery.Marks.HasFlag(DeliveryMarks.Poison);
        pair.MayHaveEffect += (short)(mayHaveEffect ? 1 : 0);
        delivery.OtherOfPair = pair.LastDelivery;
        pair.LastDelivery = id;
    }

    private void FindUndeclared()
    {
        for (var id = 1; id <= facts.Consumers.Count; id++)
        {
            if (!facts.Consumer[id].Declared)
            {
                report.Add(Invariant.History, facts.Consumers[id], "The consumer is not declared.");
            }
        }
    }

    private void FindMissing()
    {
        for (var id = 1; id <= facts.Events.Count; id++)
        {
            ref var stored = ref facts.Event[id];
            for (var consumer = 1; stored.Stored && consumer <= facts.Consumers.Count; consumer++)
            {
                if (facts.Consumer[consumer].Integration == stored.Integration && facts.FindPair(consumer, stored.Message).Deliveries == 0)
                {
                    report.Add(Invariant.AckedIsPresent, facts.NamePair(consumer, stored.Message), "The event has no delivery for this consumer.");
                }
            }
        }
    }
}
