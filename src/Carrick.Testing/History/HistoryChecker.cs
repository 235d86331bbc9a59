using Carrick.Testing.History.Checks;

namespace Carrick.Testing.History;

/// <summary>Decides whether a history keeps the engine's promises: nothing lost, nothing doubled, nothing out of order.</summary>
/// <remarks>
/// A pure function of its input. Streams; memory grows by about 200 bytes per delivery, not by the size of the lines.
/// Knows nothing of the engine's code.
/// </remarks>
public sealed class HistoryChecker
{
    private readonly HistoryReport _report = new();
    private readonly AcceptanceCheck _acceptance;
    private readonly DeliveryCheck _deliveries;
    private readonly EffectCheck _effects;
    private readonly OrderCheck _order;
    private readonly AttemptCheck _attempts;
    private readonly RetryAfterCheck _pauses;
    private readonly RetryCheck _retries;
    private readonly RepeatCheck _repeats;
    private readonly BodyCheck _bodies;
    private readonly DepthCheck _depths;

    private HistoryChecker()
    {
        var facts = new HistoryFacts();
        _acceptance = new AcceptanceCheck(facts, _report);
        _deliveries = new DeliveryCheck(facts, _report);
        _order = new OrderCheck(facts, _report);
        _effects = new EffectCheck(facts, _report, _order);
        _attempts = new AttemptCheck(facts, _report);
        _pauses = new RetryAfterCheck(facts, _report, _attempts);
        _retries = new RetryCheck(facts, _report, _attempts);
        _repeats = new RepeatCheck(facts, _report);
        _bodies = new BodyCheck(facts, _report);
        _depths = new DepthCheck(facts, _report);
    }

    /// <summary>Checks lines in any interleaving of files; the lines of one consumer's effects, and of one receiver, in their order.</summary>
    public static HistoryReport Check(IEnumerable<HistoryRecord> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var checker = new HistoryChecker();
        foreach (var line in lines)
        {
            checker.Add(line);
        }

        checker.Finish();
        return checker._report;
    }

    /// <summary>Checks the files of a directory.</summary>
    /// <exception cref="IOException">A file or the directory cannot be read.</exception>
    public static HistoryReport CheckDirectory(string directory)
    {
        var reader = new HistoryReader(directory);
        var report = Check(reader.Read());
        report.Totals.TornFiles = reader.TornFiles;
        foreach (var place in reader.Damage)
        {
            report.Add(Invariant.History, place, "The line cannot be read, and it is not the cut-off end of a file.");
        }

        return report;
    }

    private void Add(HistoryRecord record)
    {
        switch (record)
        {
            case Sent line:
                _acceptance.Add(line);
                _bodies.Add(line);
                break;
            case Acked line: _acceptance.Add(line); break;
            case Refused line: _acceptance.Add(line); break;
            case OutcomeUnknown line: _acceptance.Add(line); break;
            case StoredEvent line: _acceptance.Add(line); break;
            case Effect line:
                _effects.Add(line);
                _bodies.Add(line);
                break;
            case Received line:
                _effects.Add(line);
                _pauses.Add(line);
                _repeats.Add(line);
                _bodies.Add(line);
                break;
            case Killed line: _repeats.Add(line); break;
            case DeclaredConsumer line: _deliveries.Add(line); break;
            case StoredDelivery line: _deliveries.Add(line); break;
            case OperatorActed line: _deliveries.Add(line); break;
            case Drained line: _deliveries.Add(line); break;
            case StoredAttempt line: _attempts.Add(line); break;
            case ReportedDepth line: _depths.Add(line); break;
            default: throw new ArgumentException($"'{record.GetType().Name}' is no line of a history.", nameof(record));
        }
    }

    private void Finish()
    {
        _deliveries.Finish();
        _acceptance.Finish();
        _effects.Finish();
        _order.Finish();
        _attempts.Finish();
        _pauses.Finish();
        _retries.Finish();
        _repeats.Finish();
        _bodies.Finish();
        _depths.Finish();
    }
}
