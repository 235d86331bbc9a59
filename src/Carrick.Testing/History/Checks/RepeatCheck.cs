namespace Carrick.Testing.History.Checks;

/// <summary>Within one life of the engine, a receiver gets each attempt of a message once: a second request is one that the engine knows nothing of.</summary>
/// <remarks>A replay numbers its attempts from 1 again, so its messages are left out.</remarks>
internal sealed class RepeatCheck(HistoryFacts facts, HistoryReport report)
{
    // What was sent just before the end may be read just after it; what comes so soon belongs to no life for certain.
    private static readonly long LateSlack = TimeSpan.FromMilliseconds(250).Ticks;

    private readonly List<Arrival> _arrivals = [];
    private readonly List<long> _ends = [];

    public void Add(Received line) =>
        _arrivals.Add(new Arrival(facts.Consumers.Intern(line.Consumer), facts.Messages.Intern(line.Message), line.Attempt, line.At.UtcTicks));

    public void Add(Killed line) => _ends.Add(line.At.UtcTicks);

    public void Finish()
    {
        _arrivals.Sort();
        _ends.Sort();
        for (var i = 1; i < _arrivals.Count; i++)
        {
            var (first, second) = (_arrivals[i - 1], _arrivals[i]);
            if (first with { At = second.At } == second
                && facts.FindPair(second.Consumer, second.Message).Replays == 0
                && LifeOf(first.At) is { } life
                && LifeOf(second.At) == life)
            {
                report.Add(
                    Invariant.AttemptIsOneRequest,
                    facts.NamePair(second.Consumer, second.Message),
                    $"Attempt {second.Attempt} came twice in one life, {TimeSpan.FromTicks(second.At - first.At).TotalMilliseconds} ms apart.");
            }
        }
    }

    private int? LifeOf(long at)
    {
        var index = _ends.BinarySearch(at);
        var life = index < 0 ? ~index : index;
        return life > 0 && at - _ends[life - 1] <= LateSlack ? null : life;
    }

    private readonly record struct Arrival(int Consumer, int Message, int Attempt, long At) : IComparable<Arrival>
    {
        public int CompareTo(Arrival other) => Consumer != other.Consumer ? Consumer.CompareTo(other.Consumer)
            : Message != other.Message ? Message.CompareTo(other.Message)
            : Attempt != other.Attempt ? Attempt.CompareTo(other.Attempt)
            : At.CompareTo(other.At);
    }
}
