using Carrick.Testing.History;

namespace Carrick.Tests.Testing;

/// <summary>Bugs that an engine could have, planted into a correct history. Each says whether it found a place.</summary>
internal static partial class PlantedBugs
{
    public static readonly IReadOnlyDictionary<string, (Invariant Invariant, Func<List<HistoryRecord>, Random, bool> Plant)> All =
        new Dictionary<string, (Invariant, Func<List<HistoryRecord>, Random, bool>)>
        {
            ["acked event never stored"] = (Invariant.AckedIsPresent, ForgetAcked),
            ["event without a delivery for one consumer"] = (Invariant.AckedIsPresent, ForgetDelivery),
            ["effect of a message that was refused"] = (Invariant.EffectHasEvent, BookRefused),
            ["refused message stored"] = (Invariant.EffectHasEvent, StoreRefused),
            ["forged message acknowledged"] = (Invariant.EffectHasEvent, (lines, _) => AcceptForged(lines, stored: false)),
            ["forged message stored"] = (Invariant.EffectHasEvent, (lines, _) => AcceptForged(lines, stored: true)),
            ["effect of a message that nobody sent"] = (Invariant.EffectHasEvent, BookInvented),
            ["request for a message that nobody sent"] = (Invariant.EffectHasEvent, SendInvented),
            ["delivery of an event that is not stored"] = (Invariant.EffectHasEvent, DeliverNothing),
            ["effect doubled"] = (Invariant.EffectIsSingle, DoubleEffect),
            ["effect lost"] = (Invariant.DrainedIsDone, LoseEffect),
            ["succeeded though no request was accepted"] = (Invariant.DrainedIsDone, LoseRequest),
            ["outstanding after draining"] = (Invariant.DrainedIsDone, LeaveOutstanding),
            ["dead without a reason"] = (Invariant.DrainedIsDone, LoseReason),
            ["dead though its effect stands"] = (Invariant.DrainedIsDone, KillSucceeded),
            ["two effects of one key swapped"] = (Invariant.OrderIsKept, SwapEffects),
            ["next request of a key before its head is done"] = (Invariant.OrderIsKept, SwapRequests),
            ["gap in the attempts"] = (Invariant.AttemptsAreComplete, DropFirstAttempt),
            ["last attempt not recorded"] = (Invariant.AttemptsAreComplete, DropLastAttempt),
            ["attempt recorded twice"] = (Invariant.AttemptsAreComplete, RepeatAttempt),
            ["failure without an error"] = (Invariant.AttemptsAreComplete, LoseError),
            ["retry without a due time"] = (Invariant.AttemptsAreComplete, LoseDueTime),
            ["retry one millisecond early"] = (Invariant.AttemptIsDue, RetryEarly),
            ["request within a Retry-After pause, same message"] = (Invariant.AttemptIsDue, (lines, random) => IgnorePause(lines, random, true)),
            ["request within a Retry-After pause, other message"] = (Invariant.AttemptIsDue, (lines, random) => IgnorePause(lines, random, false)),
            ["attempt after success"] = (Invariant.DeliveryEndsOnce, RunAgain),
            ["delivery both succeeded and dead"] = (Invariant.DeliveryEndsOnce, EndTwice),
            ["reported depth too high"] = (Invariant.DepthIsTrue, MisreportDepth),
            ["duplicate answered with another id"] = (Invariant.DuplicateNamesFirst, AnswerOtherId),
            ["duplicate answered as new"] = (Invariant.DuplicateNamesFirst, AnswerAsNew),
            ["message stored twice"] = (Invariant.DuplicateNamesFirst, StoreTwice),
            ["retry after 0 ms"] = (Invariant.DelayIsOfPolicy, RetryAtOnce),
            ["retry after 10 times the cap"] = (Invariant.DelayIsOfPolicy, RetryMuchLater),
            ["dead with budget left"] = (Invariant.DelayIsOfPolicy, GiveUpSoon),
            ["tried beyond the budget"] = (Invariant.DelayIsOfPolicy, ShrinkBudget),
            ["altered bytes in an effect"] = (Invariant.BytesAreExact, AlterEffect),
            ["altered bytes in a request"] = (Invariant.BytesAreExact, AlterRequest),
            ["hidden second post"] = (Invariant.AttemptIsOneRequest, PostTwice),
            ["effects listed out of order of their rows"] = (Invariant.History, ShuffleRows),
            ["consumer that was not declared"] = (Invariant.History, Undeclare),
        };

    private static int Find<T>(List<HistoryRecord> lines, Random random, Func<T, bool> matches)
        where T : HistoryRecord
    {
        var places = Enumerable.Range(0, lines.Count).Where(i => lines[i] is T line && matches(line)).ToList();
        return places.Count == 0 ? -1 : places[random.Next(places.Count)];
    }

    private static bool Change<T>(List<HistoryRecord> lines, Random random, Func<T, bool> matches, Func<T, HistoryRecord?> change)
        where T : HistoryRecord
    {
        var place = Find(lines, random, matches);
        if (place < 0)
        {
            return false;
        }

        if (change((T)lines[place]) is { } changed)
        {
            lines[place] = changed;
        }
        else
        {
            lines.RemoveAt(place);
        }

        return true;
    }

    private static string MessageOf(List<HistoryRecord> lines, StoredDelivery delivery) =>
        lines.OfType<StoredEvent>().Single(line => line.Event == delivery.Event).Message;

    private static Dictionary<string, string> MessagesByEvent(List<HistoryRecord> lines) =>
        lines.OfType<StoredEvent>().ToDictionary(line => line.Event, line => line.Message);

    private static long NextRow(List<HistoryRecord> lines, string consumer) =>
        1 + lines.OfType<Effect>().Where(line => line.Consumer == consumer).Select(line => line.Row).DefaultIfEmpty().Max();
}
