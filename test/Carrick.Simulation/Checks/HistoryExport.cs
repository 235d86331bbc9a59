using Carrick.Simulation.Memory;
using Carrick.Storage.Commands;
using Carrick.Storage.Rows;
using Carrick.Testing.History;

namespace Carrick.Simulation.Checks;

/// <summary>What the databases hold at the end, and what retention took, as lines of a history.</summary>
internal static class HistoryExport
{
    public static IEnumerable<HistoryRecord> Read(World.Simulation simulation)
    {
        var store = simulation.Store;
        var archive = store.Archive;
        foreach (var row in store.Events.Values.Concat(archive.OfType<EventRow>()))
        {
            yield return new StoredEvent(
                row.Record.Id.ToString(IdPrefix.Event), row.Record.Integration, row.Record.MessageId, Published: row.Record.Verdict is null);
        }

        foreach (var row in store.Work.Values)
        {
            yield return Delivery(simulation, row, DeliveryStanding.Outstanding, row.Attempts) with { DueAt = row.Due == 0 ? null : UnixTime.From(row.Due) };
        }

        foreach (var row in store.Outcomes.Values.Concat(archive.OfType<OutcomeRow>()))
        {
            yield return Delivery(simulation, row.Work, Standing(simulation, row), row.Attempts);
        }

        foreach (var row in store.DeadLetters.Values.Concat(archive.OfType<DeadRow>()))
        {
            yield return Delivery(simulation, row.Work, DeliveryStanding.Dead, row.Attempts) with
            {
                Reason = row.Reason,
                Poison = row.Category == Retry.FailureCategory.Poison,
                Replayed = row.ReplayedBy is not null,
            };
        }

        foreach (var (delivery, attempts) in store.Attempts.Concat(archive.OfType<KeyValuePair<long, List<AttemptRecord>>>()))
        {
            foreach (var attempt in attempts)
            {
                yield return Attempt(store, delivery, attempt);
            }
        }

        foreach (var tables in new[] { simulation.HandlersOf(engine: false), simulation.HandlersOf(engine: true) })
        {
            for (var row = 0; row < tables.Effects.Count; row++)
            {
                var effect = tables.Effects[row];
                yield return new Effect(effect.Consumer, row + 1, effect.MessageId, effect.Subject, effect.Sequence) { Body = effect.Body };
            }
        }
    }

    private static StoredDelivery Delivery(World.Simulation simulation, WorkRow row, DeliveryStanding standing, int attempts) => new(
        simulation.Store.Ids.Make(row.Id).ToString(IdPrefix.Delivery), simulation.Store.Ids.Make(row.Event).ToString(IdPrefix.Event),
        simulation.ConsumerName(row.Consumer), standing, attempts)
    {
        Replay = row.IsReplay,
        Forced = row.Forced,
    };

    private static StoredAttempt Attempt(MemoryTables store, long delivery, AttemptRecord attempt) => new(
        store.Ids.Make(delivery).ToString(IdPrefix.Delivery), attempt.Number, attempt.StartedAt, attempt.Duration,
        attempt.Category == Retry.FailureCategory.None, attempt.StatusCode, attempt.Error, attempt.NextDueAt)
    {
        Throttled = attempt.Category == Retry.FailureCategory.Throttled,
        Final = attempt.Category is Retry.FailureCategory.Permanent or Retry.FailureCategory.Gone or Retry.FailureCategory.Poison,
    };

    // A handler's ledger keeps a late event like a processed one: run again after a crash, or by a replay, it ends as succeeded without an effect.
    private static DeliveryStanding Standing(World.Simulation simulation, OutcomeRow row)
    {
        if (row.Outcome != DeliveryOutcome.Succeeded)
        {
            return row.Outcome == DeliveryOutcome.Skipped ? DeliveryStanding.Skipped : DeliveryStanding.Discarded;
        }

        var plan = simulation.Scenario.Consumers.First(consumer => consumer.Name == simulation.ConsumerName(row.Work.Consumer));
        var message = simulation.MessageIdOf(simulation.Store.Ids.Make(row.Work.Event));
        return plan is { SkipLate: true, IsEndpoint: false }
            && !simulation.HandlersOf(plan.InEngineDatabase).Effects.Exists(effect => effect.Consumer == plan.Name && effect.MessageId == message)
            ? DeliveryStanding.Skipped
            : DeliveryStanding.Succeeded;
    }
}
