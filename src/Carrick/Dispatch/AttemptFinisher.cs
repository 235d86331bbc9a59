using Carrick.Commit;
using Carrick.Delivery;
using Carrick.Diagnostics;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Logging;

namespace Carrick.Dispatch;

/// <summary>Makes the outcome of an attempt durable and tells the pump. Thread-safe.</summary>
internal sealed partial class AttemptFinisher(
    CommitQueue commits, TimeProvider time, IRandomSource random, DispatchMetrics metrics, StopSignal stop, ILogger<AttemptFinisher> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastPause = TimeSpan.FromMinutes(1);

    private readonly ILogger _logger = logger.Guarded();

    /// <summary>What follows from an attempt, as a command; <see langword="null"/> if nothing does (shutdown).</summary>
    /// <remarks>The attempt lasts until the gate that it closes is closed: whatever starts after its end starts behind that gate.</remarks>
    public WorkCommand? Decide(WorkItem item, ConsumerPump pump, AttemptResult result, DateTimeOffset startedAt, long started)
    {
        // In this order: the delay counts from the recorded end or from later, also when the thread loses its core in between.
        var duration = time.GetElapsedTime(started);
        var now = time.GetUtcNow();
        var decision = DeliveryDecision.Make(pump.Definition, item, result, now, random);
        if (decision.Step == DeliveryStep.Return)
        {
            return null;
        }

        if (decision.GateUntil is { } until)
        {
            // At once, not only when it is durable: the other side has asked.
            pump.HoldUntil(RoundUp(until));
        }

        var attempt = new AttemptRecord
        {
            Number = item.Attempts + 1,
            StartedAt = startedAt,
            Duration = decision.GateUntil is null ? duration : time.GetElapsedTime(started),
            Category = result.Category,
            StatusCode = result.StatusCode,
            Error = result.Error,
            NextDueAt = decision.DueAt is { } due ? RoundUp(due) : null,
        };
        switch (decision.Step)
        {
            case DeliveryStep.Complete:
                return new CompleteCommand
                {
                    Item = item,
                    Attempt = attempt,
                    At = now,
                    Outcome = DeliveryOutcome.Succeeded,
                    Delivered = LateEvents.VersionOf(pump.Definition, item.Event),
                };
            case DeliveryStep.Retry:
                return new RetryCommand
                {
                    Item = item,
                    Attempt = attempt,
                    At = now,
                    DueAt = attempt.NextDueAt!.Value,
                    Attempts = attempt.Number,
                    Failures = decision.Failures,
                    GateUntil = decision.GateUntil is { } gate ? RoundUp(gate) : null,
                };
            default:
                if (decision.Disable)
                {
                    // Whether it is disabled the commit decides; until then nothing is sent to what has said that it is gone.
                    pump.HoldFor(item);
                }

                return new DeadLetterCommand
                {
                    Item = item,
                    Attempt = attempt,
                    At = now,
                    Category = result.Category,
                    Reason = decision.Reason!,
                    DisableReason = decision.Disable ? decision.Reason : null,
                };
        }
    }

    /// <summary>Waits until the commands are durable and tells the pumps. Commands that were durable already are only told.</summary>
    /// <remarks>It never throws, and every delivery ends, whatever happens to another one: nobody waits for this, and what does not end would run for ever.</remarks>
    public async Task FinishAsync(IReadOnlyList<(WorkCommand Command, ConsumerPump Pump)> ended, bool durable)
    {
        if (!durable && !TryEnqueue(ended))
        {
            return;
        }

        foreach (var (command, pump) in ended)
        {
            try
            {
                if (!durable)
                {
                    await command.Done.ConfigureAwait(false);
                }

                Tell(command, pump);
            }
            catch (StoreException exception) when (exception.Failure == StoreFailure.Data && !durable)
            {
                _ = FinishLaterAsync(command, pump);
            }
            catch (Exception exception)
            {
                Return(command, pump, exception);
            }
        }
    }

    /// <summary>
    /// The database refuses the end of a delivery whose effect has happened. It is tried again from time to time until it is taken or the engine stops, and keeps no
    /// other delivery waiting. So many of them can be as attempts may be under way: the delivery runs until then.
    /// </summary>
    private async Task FinishLaterAsync(WorkCommand command, ConsumerPump pump)
    {
        for (var pause = FirstPause; ; pause = TimeSpan.FromTicks(Math.Min(LastPause.Ticks, pause.Ticks * 2)))
        {
            try
            {
                await Task.Delay(pause, time, stop.Token).ConfigureAwait(false);
                command.Renew();
                commits.EnqueueAll([command]);
                await command.Done.ConfigureAwait(false);
                Tell(command, pump);
                return;
            }
            catch (StoreException exception) when (exception.Failure == StoreFailure.Data)
            {
                // The commit queue has logged why.
            }
            catch (Exception exception)
            {
                Return(command, pump, exception);
                return;
            }
        }
    }

    private bool TryEnqueue(IReadOnlyList<(WorkCommand Command, ConsumerPump Pump)> ended)
    {
        try
        {
            commits.EnqueueAll([.. ended.Select(pair => pair.Command)]);
            return true;
        }
        catch (Exception exception)
        {
            foreach (var (command, pump) in ended)
            {
                Return(command, pump, exception);
            }

            return false;
        }
    }

    /// <summary>The work row is as it was, as far as anybody here knows: the next start runs the delivery again.</summary>
    private void Return(WorkCommand command, ConsumerPump pump, Exception exception)
    {
        LogNotRecorded(exception, pump.Definition.Name);
        if (exception is not EngineFullException)
        {
            // Neither has the store failed nor does the engine stop, which are told elsewhere.
            pump.NotRecorded(exception);
        }

        pump.Ended(command.Item, DeliveryEnd.Returned);
    }

    private void Tell(WorkCommand command, ConsumerPump pump)
    {
        var item = command.Item;
        var wasDelayed = item.DueAt is not null;
        if (!command.Applied)
        {
            metrics.Lost(pump.Definition);
            pump.Ended(item, DeliveryEnd.Lost);
            return;
        }

        metrics.Ended(pump.Definition, command, item);
        switch (command)
        {
            case RetryCommand retry:
                item.DueAt = retry.DueAt;
                item.Attempts = retry.Attempts;
                item.Failures = retry.Failures;
                pump.Depth.Delayed(wasDelayed);
                pump.Ended(item, DeliveryEnd.PutOff);
                break;
            case DeadLetterCommand dead:
                pump.Depth.Removed(wasDelayed);
                pump.Depth.Died();
                LogDead(pump.Definition.Name, item.Id.ToString(IdPrefix.Delivery), dead.Category, dead.Reason);
                if (dead.DisableReason is { } reason)
                {
                    LogDisabled(pump.Definition.Name, reason);
                }

                pump.Ended(item, DeliveryEnd.Gone);
                break;
            default:
                pump.Depth.Removed(wasDelayed);
                pump.Ended(item, DeliveryEnd.Gone);
                break;
        }
    }

    /// <summary>Stores keep milliseconds: never earlier than asked.</summary>
    private static DateTimeOffset RoundUp(DateTimeOffset time)
    {
        var rest = time.Ticks % TimeSpan.TicksPerMillisecond;
        return rest == 0 ? time : time.AddTicks(TimeSpan.TicksPerMillisecond - rest);
    }

    [LoggerMessage(1110, LogLevel.Warning, "Consumer {Consumer} is disabled: {Reason} Its deliveries wait until an operator enables it.")]
    private partial void LogDisabled(string consumer, string reason);

    [LoggerMessage(1111, LogLevel.Error, "Consumer {Consumer}: delivery {Delivery} is a dead letter ({Category}): {Reason}")]
    private partial void LogDead(string consumer, string delivery, FailureCategory category, string reason);

    [LoggerMessage(1112, LogLevel.Error, "Consumer {Consumer}: the outcome of an attempt could not be recorded; the next start runs the delivery again.")]
    private partial void LogNotRecorded(Exception exception, string consumer);
}
