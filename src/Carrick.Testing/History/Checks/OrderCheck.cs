using System.Runtime.InteropServices;

namespace Carrick.Testing.History.Checks;

/// <summary>The order of effects, and of requests at receivers, per consumer and subject.</summary>
/// <remarks>A repetition is no break of order: for effects it is a double, for requests it is at-least-once.</remarks>
internal sealed class OrderCheck(HistoryFacts facts, HistoryReport report)
{
    private readonly Dictionary<long, long> _newest = [];
    private readonly List<Break> _breaks = [];

    public void Add(int consumer, int message, string? subject, long sequence)
    {
        if (subject is null)
        {
            return;
        }

        ref var newest = ref CollectionsMarshal.GetValueRefOrAddDefault(_newest, HistoryFacts.Key(consumer, facts.Subjects.Intern(subject)), out var known);
        if (known && sequence < newest)
        {
            _breaks.Add(new Break(consumer, message, sequence, newest));
            return;
        }

        newest = sequence;
    }

    public void Finish()
    {
        foreach (var (consumer, message, sequence, after) in _breaks)
        {
            // The replay of a dead letter comes after its successors on purpose.
            if (facts.Consumer[consumer].Ordered && facts.FindPair(consumer, message).Replays == 0)
            {
                report.Add(Invariant.OrderIsKept, facts.NamePair(consumer, message), $"Number {sequence} of its subject came after number {after}.");
            }
        }
    }

    private readonly record struct Break(int Consumer, int Message, long Sequence, long After);
}
