namespace Carrick.Storage;

/// <summary>How long things are kept. It may change while the engine runs: the next sweep goes by it. Thread-safe.</summary>
/// <param name="events">Events, outcomes and attempts.</param>
/// <param name="messageIds">Message ids; at least as long as events.</param>
/// <param name="deadLetters">Dead letters with what they hold.</param>
/// <param name="ledger">What handler databases have processed; at least as long as anything that can be replayed.</param>
internal sealed class RetentionPeriods(TimeSpan events, TimeSpan messageIds, TimeSpan deadLetters, TimeSpan ledger)
{
    private readonly TimeSpan _ledger = ledger;
    private volatile Periods _current = new(events, messageIds, deadLetters);

    public Periods Current => _current;

    public TimeSpan Ledger
    {
        get
        {
            var current = _current;
            return new[] { _ledger, current.Events, current.DeadLetters }.Max();
        }
    }

    public void Set(TimeSpan newEvents, TimeSpan newMessageIds, TimeSpan newDeadLetters) => _current = new Periods(newEvents, newMessageIds < newEvents ? newEvents : newMessageIds, newDeadLetters);

    internal sealed record Periods(TimeSpan Events, TimeSpan MessageIds, TimeSpan DeadLetters);
}
