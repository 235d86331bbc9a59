using Carrick.Simulation.World;
using Carrick.Testing.History;

namespace Carrick.Simulation.Checks;

/// <summary>Judges a simulation that is over: the history checker, and what it does not know.</summary>
internal static class Verdict
{
    public static void Pass(World.Simulation simulation)
    {
        simulation.History.AddRange(HistoryExport.Read(simulation));
        foreach (var violation in HistoryChecker.Check(simulation.History).Violations)
        {
            if (Counts(simulation.Scenario, violation) && !IsForced(simulation, violation))
            {
                simulation.Findings.Add(Code(violation.Invariant), Name(simulation, violation.Subject), violation.Description);
            }
        }

        CheckReplies(simulation);
        CheckShutdowns(simulation);
    }

    /// <summary>A message that was published with an effect is an event.</summary>
    private static void CheckReplies(World.Simulation simulation)
    {
        var events = simulation.Store.Events.Values.Concat(simulation.Store.Archive.OfType<Memory.EventRow>())
            .Where(row => row.Record.Verdict is null).Select(row => Message.Read(row.Record).Id).ToHashSet(StringComparer.Ordinal);
        foreach (var effect in simulation.HandlersOf(engine: false).Effects.Concat(simulation.HandlersOf(engine: true).Effects))
        {
            if (effect.Reply is { } reply && !events.Contains(reply))
            {
                simulation.Findings.Add("OUTBOX", $"{effect.Consumer} {effect.MessageId}", $"Published {reply} with its effect, but that is no event.");
            }
        }
    }

    /// <summary>I14: a shutdown is never an attempt.</summary>
    private static void CheckShutdowns(World.Simulation simulation)
    {
        foreach (var (delivery, attempts) in simulation.Store.Attempts)
        {
            if (attempts.Exists(attempt => attempt.Category == Retry.FailureCategory.Cancelled))
            {
                simulation.Findings.Add("I14", simulation.DescribeDelivery(delivery), "An attempt was recorded as cancelled by a shutdown.");
            }
        }
    }

    // What the history cannot judge: times by a wall clock that was set, and requests of a process that another has taken over from, which nothing can call back.
    private static bool Counts(Scenario scenario, Violation violation) => violation.Invariant switch
    {
        Invariant.AttemptIsDue or Invariant.DelayIsOfPolicy or Invariant.AttemptIsOneRequest when scenario.ClockJumpsAtAll => false,
        Invariant.AttemptIsOneRequest or Invariant.AttemptIsDue when scenario.Freezes > 0 => false,
        // Nor can anything take back the effect of such a process in a database of the handlers' own: its delivery may have ended otherwise since.
        Invariant.DrainedIsDone when scenario.Freezes > 0 => !violation.Description.StartsWith("Has an effect", StringComparison.Ordinal),
        Invariant.OrderIsKept when scenario.Freezes > 0 => false,
        _ => true,
    };

    // The ledger does not know a forced replay, so one in a database of the handlers' own that is cut off between its two commits happens again.
    private static bool IsForced(World.Simulation simulation, Violation violation) => violation.Invariant == Invariant.EffectIsSingle
        && simulation.Store.Outcomes.Values.Concat(simulation.Store.Archive.OfType<Memory.OutcomeRow>()).Select(row => row.Work)
            .Concat(simulation.Store.DeadLetters.Values.Concat(simulation.Store.Archive.OfType<Memory.DeadRow>()).Select(row => row.Work)).Any(row =>
            row.Forced && $"{simulation.ConsumerName(row.Consumer)} {simulation.MessageIdOf(simulation.Store.Ids.Make(row.Event))}" == violation.Subject);

    private static string Code(Invariant invariant) => invariant switch
    {
        Invariant.History => "HISTORY",
        Invariant.DuplicateNamesFirst => "DUPLICATE",
        Invariant.DelayIsOfPolicy => "DELAY",
        Invariant.BytesAreExact => "BYTES",
        Invariant.AttemptIsOneRequest => "REPEAT",
        _ => $"I{(int)invariant}",
    };

    private static string Name(World.Simulation simulation, string subject) =>
        RecordId.TryParse(subject, IdPrefix.Delivery, out var delivery) ? $"{simulation.DescribeDelivery(delivery.Key)} ({subject})" : subject;
}
