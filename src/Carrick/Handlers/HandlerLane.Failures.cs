using Carrick.Delivery;
using Carrick.Dispatch;
using Carrick.Retry;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Logging;

namespace Carrick.Handlers;

/// <content>What becomes of deliveries when their transaction, their database or the loop fails.</content>
internal sealed partial class HandlerLane
{
    private const int FinishFailuresToTell = 2;

    private int _finishFailures;

    private string? FinishProblem => Volatile.Read(ref _finishFailures) >= FinishFailuresToTell
        ? $"Handler database '{_database.Name}': the ends of deliveries cannot be told." : null;

    private void Finish(List<(WorkCommand, ConsumerPump)> ended, bool durable)
    {
        if (ended.Count > 0)
        {
            // Not awaited: the next batch begins while these are recorded; the pumps bound how many are under way.
            _ = FinishAsync([.. ended], durable);
        }
    }

    private void Finish(IReadOnlyList<(HandlerEntry Entry, Exception Exception)> failed, FailureCategory category)
    {
        List<(WorkCommand, ConsumerPump)> commands = [];
        foreach (var (entry, exception) in failed)
        {
            try
            {
                commands.Add((Failure(entry, exception, category), entry.Pump));
            }
            catch (Exception bug)
            {
                LogNotFinished(bug, _database.Name);
                entry.Pump.Ended(entry.Item, DeliveryEnd.Returned);
            }
        }

        Finish(commands, durable: false);
    }

    private async Task FinishAsync((WorkCommand Command, ConsumerPump Pump)[] ended, bool durable)
    {
        try
        {
            await _finisher.FinishAsync(ended, durable).ConfigureAwait(false);
            Volatile.Write(ref _finishFailures, 0);
        }
        catch (Exception exception)
        {
            // A listener of metrics or a sink of the log has thrown, which is nobody's delivery: what has no end yet gets one.
            Interlocked.Increment(ref _finishFailures);
            LogNotFinished(exception, _database.Name);
            foreach (var (command, pump) in ended)
            {
                if (pump.IsRunning(command.Item.Id))
                {
                    pump.Ended(command.Item, DeliveryEnd.Returned);
                }
            }
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

        batch.Clear();
        Finish([.. lost.Select(entry => (entry, exception))], category);
    }

    /// <summary>In a stop nothing waits for a database that cannot be used: not after the grace period, nor when the pumps have ended.</summary>
    private void ReturnWaiting()
    {
        while ((_stopping || _invoker.Stopping) && _channel.Reader.TryRead(out var entry))
        {
            entry?.Pump.Ended(entry.Value.Item, DeliveryEnd.Returned);
            if (entry is null)
            {
                Volatile.Write(ref _isWoken, 0);
            }
        }
    }

    private void FailWaiting(StoreException exception)
    {
        List<(HandlerEntry, Exception)> failed = [];
        while (_channel.Reader.TryRead(out var entry))
        {
            if (entry is { } waiting)
            {
                failed.Add((waiting, exception));
            }
            else
            {
                Volatile.Write(ref _isWoken, 0);
                _outbox.NotDeleted([]);
            }
        }

        Finish(failed, FailureCategory.Throttled);
    }

    /// <summary>A database that fails is not the event's fault: such a delivery waits, with the whole consumer, and uses up no budget.</summary>
    private WorkCommand Failure(HandlerEntry entry, Exception exception, FailureCategory category)
    {
        var text = $"The handler's transaction was lost: {exception.Message}";
        var result = AttemptResult.Failure(category, text) with { Summary = text };
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

    [LoggerMessage(1221, LogLevel.Error, "Handler database {Database}: the ends of deliveries could not be told; they are as if they had not been tried.")]
    private partial void LogNotFinished(Exception exception, string database);
}
