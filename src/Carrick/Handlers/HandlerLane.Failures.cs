using Carrick.Delivery;
using Carrick.Dispatch;
using Carrick.Retry;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Logging;

namespace Carrick.Handlers;

/// <content>What becomes of deliveries when their transaction, their database or the loop fails.</content>
internal sealed partial class HandlerLane
{
    private void Finish(List<(WorkCommand, ConsumerPump)> ended, bool durable)
    {
        if (ended.Count > 0)
        {
            // Not awaited: the next batch begins while these are recorded; the pumps bound how many are under way.
            _ = _finisher.FinishAsync([.. ended], durable);
        }
    }

    private async ValueTask UndoAsync(IHandlerSession session, HandlerBatch batch, Exception exception, FailureCategory category)
    {
        try
        {
            await session.RollbackAsync().ConfigureAwait(false);
        }
        finally
        {
            FailBatch(batch, exception, category);
        }
    }

    /// <summary>Somebody else has finished some of the deliveries, which the commit has found: the others run again as the same attempt, without them.</summary>
    private void RunAgain(HandlerBatch batch)
    {
        _outbox.NotDeleted(batch.OutboxDeleted);
        Finish([.. batch.Lost, .. batch.Kept.Where(pair => !pair.Command.Applied)], durable: true);
        Finish([.. batch.ToRecord.Where(pair => pair.Command is not CompleteCommand)], durable: false);
        foreach (var (command, pump) in batch.Kept.Where(pair => pair.Command.Applied).Concat(batch.ToRecord.Where(pair => pair.Command is CompleteCommand)))
        {
            pump.Ended(command.Item, DeliveryEnd.PutBack);
        }
    }

    /// <summary>The outer transaction is lost, and with it the effects of every delivery in it, whatever its handler said.</summary>
    private void FailBatch(HandlerBatch batch, Exception exception, FailureCategory category)
    {
        _outbox.NotDeleted(batch.OutboxDeleted);
        WatchIf(batch.IsAnnounced);
        // A delivery that failed by itself keeps its own reason; one that ended well did so in the transaction that is lost.
        Finish([.. batch.ToRecord.Where(pair => pair.Command is not CompleteCommand)], durable: false);
        var lost = batch.Kept.Concat(batch.Lost).Concat(batch.ToRecord.Where(pair => pair.Command is CompleteCommand))
            .Select(pair => new HandlerEntry(pair.Command.Item, pair.Pump)).Concat(batch.Announced).ToList();
        if (batch.Current is { } current)
        {
            if (batch.IsCancelled)
            {
                current.Pump.Ended(current.Item, DeliveryEnd.Returned);
            }
            else
            {
                lost.Add(current);
            }
        }

        if (category == FailureCategory.Transient && (batch.IsAnnounced || batch.Suspect is not null))
        {
            // One of them broke the transaction. Who that was is known if none was announced; all others run again as the same attempt.
            var blamed = batch.IsAnnounced ? null : batch.Suspect;
            foreach (var entry in lost.Where(entry => entry != blamed))
            {
                entry.Pump.Ended(entry.Item, DeliveryEnd.PutBack);
            }

            lost.RemoveAll(entry => entry != blamed);
        }

        Finish([.. lost.Select(entry => (Failure(entry, exception, category), entry.Pump))], durable: false);
    }

    /// <summary>In a stop nothing waits for a database that cannot be used: not after the grace period, nor when the pumps have ended.</summary>
    private void ReturnWaiting()
    {
        while ((_stopping || _invoker.Stopping) && _channel.Reader.TryRead(out var entry))
        {
            entry?.Pump.Ended(entry.Value.Item, DeliveryEnd.Returned);
        }
    }

    private void FailWaiting(StoreException exception)
    {
        List<(WorkCommand, ConsumerPump)> failed = [];
        while (_channel.Reader.TryRead(out var entry))
        {
            if (entry is { } waiting)
            {
                failed.Add((Failure(waiting, exception, FailureCategory.Throttled), waiting.Pump));
            }
            else
            {
                _outbox.NotDeleted([]);
            }
        }

        Finish(failed, durable: false);
    }

    /// <summary>A database that fails is not the event's fault: such a delivery waits, with the whole consumer, and uses up no budget.</summary>
    private WorkCommand Failure(HandlerEntry entry, Exception exception, FailureCategory category)
    {
        var result = AttemptResult.Failure(category, $"The handler's transaction was lost: {exception.Message}");
        return _finisher.Decide(entry.Item, entry.Pump, result, _time.GetUtcNow(), _time.GetTimestamp())!;
    }

    [LoggerMessage(1201, LogLevel.Error, "A handler of consumer {Consumer} has ended its transaction: {Problem}")]
    private partial void LogMisused(Exception exception, string? consumer, string problem);

    [LoggerMessage(1212, LogLevel.Error, "Handler database {Database} failed: {Problem} Its deliveries are tried again.")]
    private partial void LogDatabaseFailed(Exception exception, string database, string problem);

    [LoggerMessage(1202, LogLevel.Error, "Consumer {Consumer}: the start of a delivery could not be recorded: {Problem} It is tried again.")]
    private partial void LogNotRecorded(Exception exception, string consumer, string problem);

    [LoggerMessage(1203, LogLevel.Error, "The handlers of database {Database} stand still: an error that cannot be explained. It is tried again every second.")]
    private partial void LogStandsStill(Exception exception, string database);
}
