namespace Carrick.Testing.History.Checks;

/// <summary>After a receiver has asked for a pause, and the engine has recorded that answer, nothing comes from that consumer before its end.</summary>
/// <remarks>
/// An answer that the engine did not record, because it was killed first, binds nobody. A request that was under way when the answer came
/// is no violation either; requests are matched to recorded attempts by number and time.
/// </remarks>
internal sealed class RetryAfterCheck(HistoryFacts facts, HistoryReport report, AttemptCheck attempts)
{
    // Recorded times are cut to milliseconds, and both clocks are the machine's.
    private static readonly long MatchSlack = TimeSpan.FromMilliseconds(20).Ticks;

    // The gate is closed before the attempt that was answered ends, and looked at after a start is recorded: only rounding is between them.
    private static readonly long RecordedSlack = TimeSpan.FromMilliseconds(5).Ticks;

    // Of an attempt that was never recorded only the arrival is known, which is later than the start by the way there.
    private static readonly long UnrecordedSlack = TimeSpan.FromMilliseconds(100).Ticks;

    private readonly Dictionary<int, List<Arrival>> _arrivals = [];
    private readonly List<Pause> _pauses = [];

    public void Add(Received line)
    {
        var consumer = facts.Consumers.Intern(line.Consumer);
        var arrival = new Arrival(line.At.UtcTicks, facts.Messages.Intern(line.Message), line.Attempt);
        if (!_arrivals.TryGetValue(consumer, out var list))
        {
            _arrivals[consumer] = list = [];
        }

        list.Add(arrival);
        if (line.NotBefore is { } notBefore)
        {
            _pauses.Add(new Pause(consumer, arrival, line.Status, notBefore.UtcTicks));
        }
    }

    public void Finish()
    {
        foreach (var list in _arrivals.Values)
        {
            list.Sort();
        }

        foreach (var pause in _pauses)
        {
            if (FindAttempt(pause.Consumer, pause.Asked) is { } answer && answer.Status == pause.Status)
            {
                Judge(pause, answer);
            }
        }
    }

    private void Judge(Pause pause, AttemptFacts answer)
    {
        var list = _arrivals[pause.Consumer];
        // A delivery has one request at a time, so what comes of the same message comes after the answer, unless it is of another delivery (a replay).
        var isAlone = facts.Delivery[facts.FindPair(pause.Consumer, pause.Asked.Message).LastDelivery].OtherOfPair == 0;
        var index = list.BinarySearch(new Arrival(pause.Asked.At + 1, 0, 0));
        for (var i = index < 0 ? ~index : index; i < list.Count && list[i].At < pause.NotBefore; i++)
        {
            if ((isAlone && list[i].Message == pause.Asked.Message) || !WasUnderWay(pause.Consumer, list[i], answer.End))
            {
                report.Add(
                    Invariant.AttemptIsDue,
                    facts.NamePair(pause.Consumer, list[i].Message),
                    $"Came {TimeSpan.FromTicks(pause.NotBefore - list[i].At).TotalMilliseconds} ms before the end of the pause that an answer to {facts.Messages[pause.Asked.Message]} asked for.");
            }
        }
    }

    private bool WasUnderWay(int consumer, Arrival arrival, long answeredAt) =>
        FindAttempt(consumer, arrival) is { } attempt ? attempt.Start <= answeredAt + RecordedSlack : arrival.At <= answeredAt + UnrecordedSlack;

    private AttemptFacts? FindAttempt(int consumer, Arrival arrival)
    {
        for (var id = facts.FindPair(consumer, arrival.Message).LastDelivery; id != 0; id = facts.Delivery[id].OtherOfPair)
        {
            ref var delivery = ref facts.Delivery[id];
            foreach (ref readonly var attempt in attempts.Attempts.Slice(delivery.FirstAttempt, delivery.AttemptsListed))
            {
                if (attempt.Number == arrival.Attempt && attempt.Start - MatchSlack <= arrival.At && arrival.At <= attempt.End + MatchSlack)
                {
                    return attempt;
                }
            }
        }

        return null;
    }

    private readonly record struct Arrival(long At, int Message, int Attempt) : IComparable<Arrival>
    {
        public int CompareTo(Arrival other) => At.CompareTo(other.At);
    }

    private readonly record struct Pause(int Consumer, Arrival Asked, int Status, long NotBefore);
}
