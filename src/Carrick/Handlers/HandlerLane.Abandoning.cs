using Carrick.Delivery;
using Carrick.Dispatch;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Logging;

namespace Carrick.Handlers;

/// <content>
/// A handler that does not end keeps its loop and its session for ever. Both are given up: its transaction is rolled back under it, a new loop takes the place of the one
/// it keeps, and the other deliveries of the transaction run again there as the same attempt.
/// </content>
internal sealed partial class HandlerLane
{
    /// <summary>So many attempts of a delivery may be abandoned; the last makes it a dead letter.</summary>
    private const int AbandonedAllowed = 2;

    // By which an attempt is known again, also after a restart.
    private const string AbandonedError = "The handler did not end:";

    private static readonly TimeSpan TakeAwayWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(10);

    private readonly AbandonedHandlers _abandoned = new();

    // On the thread of a timer, which is not kept. The loop touches nothing of its own from now on.
    private void Abandon(HandlerLoop loop) => _ = Task.Run(() => AbandonAsync(loop));

    private async Task AbandonAsync(HandlerLoop loop)
    {
        var (item, pump) = loop.Batch.Current!.Value;
        var consumer = pump.Definition.Name;
        var isHeldBack = _abandoned.Add(consumer);
        LogAbandoned(
            consumer, item.Attempts + 1, item.Id.ToString(IdPrefix.Delivery), item.EventId.ToString(IdPrefix.Event), _time.GetElapsedTime(loop.Started),
            isHeldBack ? " So many of the consumer's handlers still run that no more start until one has ended." : "");
        await TakeAwayAsync(loop.Session!).ConfigureAwait(false);
        try
        {
            var result = AbandonedResult(pump, await WereAbandonedAsync(item).ConfigureAwait(false) + 1);
            SettleAbandoned(loop, item, pump, result);
        }
        catch (Exception exception)
        {
            LogNotFinished(exception, _database.Name);
            pump.Ended(item, DeliveryEnd.Returned);
        }

        StartLoop(loop.Health);
        loop.End();
    }

    /// <summary>Rolls back under the code that still runs. Where that takes long, the next session waits for what is locked, and says so.</summary>
    private async Task TakeAwayAsync(IHandlerSession session)
    {
        var taking = Task.Run(() => session.AbandonAsync().AsTask());
        try
        {
            await taking.WaitAsync(TakeAwayWithin, _time).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            LogNotTakenAway(exception, _database.Name, exception.GetType().Name);
            _ = taking.ContinueWith(
                static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    private async ValueTask<int> WereAbandonedAsync(WorkItem item)
    {
        try
        {
            var attempts = await _queries.ListAttemptsAsync(item.Id, CancellationToken.None).ConfigureAwait(false);
            return attempts.Count(attempt => attempt.Error?.StartsWith(AbandonedError, StringComparison.Ordinal) == true);
        }
        catch (StoreException exception)
        {
            // It is only tried once more.
            LogNotTakenAway(exception, _database.Name, exception.Message);
            return 0;
        }
    }

    private AttemptResult AbandonedResult(ConsumerPump pump, int abandoned)
    {
        if (_invoker.Stopping)
        {
            return HandlerInvoker.Stopped;
        }

        var text = $"{AbandonedError} {HandlerWatch.Grace.TotalSeconds} s after its time-out of {pump.Definition.Timeout} it was abandoned, its transaction rolled back.";
        return abandoned < AbandonedAllowed
            ? AttemptResult.Failure(FailureCategory.Transient, text) with { Summary = text }
            : AttemptResult.Failure(FailureCategory.Poison, text) with { Summary = $"Its handler did not end in {abandoned} attempts." };
    }

    private void SettleAbandoned(HandlerLoop loop, WorkItem item, ConsumerPump pump, AttemptResult result)
    {
        var batch = loop.Batch;
        _outbox.NotDeleted(batch.OutboxDeleted);
        Finish([.. batch.ToRecord.Where(pair => pair.Command is not CompleteCommand)], durable: false);
        foreach (var (command, other) in batch.Kept.Concat(batch.Lost).Concat(batch.ToRecord.Where(pair => pair.Command is CompleteCommand)))
        {
            other.Ended(command.Item, DeliveryEnd.PutBack);
        }

        foreach (var other in batch.Announced)
        {
            other.Pump.Ended(other.Item, DeliveryEnd.PutBack);
        }

        batch.Clear();
        if (_finisher.Decide(item, pump, result, loop.StartedAt, loop.Started) is { } command2)
        {
            Finish([(command2, pump)], durable: false);
        }
        else
        {
            pump.Ended(item, DeliveryEnd.Returned);
        }
    }

    /// <summary>As if it had not been tried: the consumer waits for one of its handlers to end, and no budget is used up.</summary>
    private void HoldBack(HandlerEntry entry)
    {
        entry.Pump.CloseGate(_time.GetUtcNow() + LookAgainAfter);
        entry.Pump.Ended(entry.Item, DeliveryEnd.PutBack);
    }

    private void EndedLate(string consumer, WorkItem item, AttemptResult result, TimeSpan after)
    {
        LogEndedLate(consumer, item.Id.ToString(IdPrefix.Delivery), after, result.Summary ?? "it returned, to no effect");
        _abandoned.Remove(consumer);
    }

    [LoggerMessage(1218, LogLevel.Error, "A handler of consumer {Consumer} does not end: attempt {Attempt} of delivery {Delivery}, event {Event}, is abandoned after {Elapsed} and its transaction rolled back. Its code still runs.{HeldBack}")]
    private partial void LogAbandoned(string consumer, int attempt, string delivery, string @event, TimeSpan elapsed, string heldBack);

    [LoggerMessage(1219, LogLevel.Warning, "A handler of consumer {Consumer} that was abandoned with delivery {Delivery} has ended after {Elapsed}: {Outcome}")]
    private partial void LogEndedLate(string consumer, string delivery, TimeSpan elapsed, string outcome);

    [LoggerMessage(1220, LogLevel.Error, "Handler database {Database}: the session of an abandoned handler could not be ended: {Problem}")]
    private partial void LogNotTakenAway(Exception exception, string database, string problem);
}
