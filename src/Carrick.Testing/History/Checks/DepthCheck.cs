namespace Carrick.Testing.History.Checks;

/// <summary>Reported depths, against the deliveries in the store.</summary>
internal sealed class DepthCheck(HistoryFacts facts, HistoryReport report)
{
    private readonly List<ReportedDepth> _reported = [];

    public void Add(ReportedDepth line) => _reported.Add(line);

    public void Finish()
    {
        if (_reported.Count == 0)
        {
            return;
        }

        var counts = new Facts<(long Ready, long Delayed, long Dead)>();
        for (var id = 1; id <= facts.Deliveries.Count; id++)
        {
            ref var delivery = ref facts.Delivery[id];
            ref var count = ref counts[delivery.Consumer];
            var isOutstanding = delivery.State == DeliveryStanding.Outstanding && delivery.Marks.HasFlag(DeliveryMarks.Listed);
            var isDelayed = delivery.Marks.HasFlag(DeliveryMarks.Delayed);
            count.Ready += isOutstanding && !isDelayed ? 1 : 0;
            count.Delayed += isOutstanding && isDelayed ? 1 : 0;
            count.Dead += delivery.State == DeliveryStanding.Dead && !delivery.Marks.HasFlag(DeliveryMarks.Replayed) ? 1 : 0;
        }

        foreach (var line in _reported)
        {
            var (ready, delayed, dead) = counts[facts.Consumers.Intern(line.Consumer)];
            if ((ready, delayed, dead) != (line.Ready, line.Delayed, line.Dead))
            {
                report.Add(
                    Invariant.DepthIsTrue,
                    line.Consumer,
                    $"Reports {line.Ready} ready, {line.Delayed} delayed, {line.Dead} dead; the store has {ready}, {delayed}, {dead}.");
            }
        }
    }
}
