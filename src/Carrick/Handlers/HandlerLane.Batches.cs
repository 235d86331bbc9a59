using Carrick.Delivery;
using Carrick.Dispatch;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Handlers;

/// <content>What goes into one outer transaction, delivery by delivery.</content>
internal sealed partial class HandlerLane
{
    private async Task FillAsync(IHandlerSession session, HandlerLoop loop)
    {
        var batch = loop.Batch;
        if (_guard.Active)
        {
            await FillGuardedAsync(session, loop).ConfigureAwait(false);
            return;
        }

        var started = _time.GetTimestamp();
        while (batch.Count < _database.MaxBatch && await TakeAsync(session, batch).ConfigureAwait(false))
        {
            if (!await RunOneAsync(session, loop, batch.Current!.Value.Item, batch.Current.Value.Pump).ConfigureAwait(false))
            {
                return;
            }

            batch.Current = null;
            if (batch.Announced.Count == 0 && (batch.Published.Count >= OutboxBacklog.MostMessages || _time.GetElapsedTime(started) >= Linger))
            {
                break;
            }
        }

        // Last: a wake-up that was read among the deliveries is not followed by another.
        await DeleteRelayedAsync(session, batch).ConfigureAwait(false);
    }

    private async ValueTask DeleteRelayedAsync(IHandlerSession session, HandlerBatch batch)
    {
        batch.OutboxDeleted = _outbox.TakeRelayed();
        if (batch.OutboxDeleted.Count > 0)
        {
            await session.DeleteFromOutboxAsync(batch.OutboxDeleted, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>The next delivery to run; after the grace period of a stop none is started any more.</summary>
    private bool TryTake(out HandlerEntry current)
    {
        while (_channel.Reader.TryRead(out var entry))
        {
            if (entry is not { } waiting)
            {
                // Only a wake-up: rows of the outbox may be deleted.
                Volatile.Write(ref _isWoken, 0);
                continue;
            }

            if (_invoker.Stopping)
            {
                waiting.Pump.Ended(waiting.Item, DeliveryEnd.Returned);
            }
            else if (!waiting.Pump.IsCurrent)
            {
                // Another node may have its shard by now.
                waiting.Pump.Ended(waiting.Item, DeliveryEnd.PutBack);
            }
            else if (_abandoned.HoldsBack(waiting.Pump.Definition.Name))
            {
                HoldBack(waiting);
            }
            else
            {
                current = waiting;
                return true;
            }
        }

        current = default;
        return false;
    }

    /// <summary>One delivery in a transaction of its own, after its start was recorded: no transaction is open while the store records it.</summary>
    private async Task FillGuardedAsync(IHandlerSession session, HandlerLoop loop)
    {
        var batch = loop.Batch;
        if (!TryTake(out var current))
        {
            await DeleteRelayedAsync(session, batch).ConfigureAwait(false);
            return;
        }

        GuardVerdict verdict;
        try
        {
            verdict = await _guard.RecordAsync(current.Item).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            LogNotRecorded(exception, current.Pump.Definition.Name, exception.Message);
            Finish([(current, exception)], FailureCategory.Throttled);
            return;
        }

        batch.Current = current;
        await DeleteRelayedAsync(session, batch).ConfigureAwait(false);
        switch (verdict)
        {
            case GuardVerdict.Gone:
                current.Pump.Ended(current.Item, DeliveryEnd.Lost);
                break;
            case GuardVerdict.Poison:
                var poison = AttemptResult.Failure(FailureCategory.Poison, "The process ended while the handler ran, again and again.");
                batch.Record(_finisher.Decide(current.Item, current.Pump, poison, _time.GetUtcNow(), _time.GetTimestamp())!, current.Pump);
                break;
            default:
                if (!await RunOneAsync(session, loop, current.Item, current.Pump).ConfigureAwait(false))
                {
                    return;
                }

                break;
        }

        batch.Current = null;
    }

    /// <returns><see langword="false"/> if the handler was abandoned: nothing of the loop's is its own any more.</returns>
    private async ValueTask<bool> RunOneAsync(IHandlerSession session, HandlerLoop loop, WorkItem item, ConsumerPump pump)
    {
        var batch = loop.Batch;
        var startedAt = _time.GetUtcNow();
        var started = _time.GetTimestamp();
        if (item.Event is not { } record)
        {
            batch.Record(_finisher.Decide(item, pump, AttemptResult.Failure(FailureCategory.Permanent, "The event is no longer stored."), startedAt, started)!, pump);
            return true;
        }

        var definition = (HandlerDefinition)pump.Definition;
        var verdict = await session.BeginAsync(LedgerEntryOf(definition, item, record, startedAt), CancellationToken.None).ConfigureAwait(false);
        batch.Unchecked = null;
        var result = AttemptResult.Success();
        var published = batch.Published.Count;
        if (verdict == LedgerVerdict.First)
        {
            var handling = _time.GetTimestamp();
            if (batch.IsAnnounced && _invoker.Stopping)
            {
                result = HandlerInvoker.Stopped;
            }
            else
            {
                (loop.StartedAt, loop.Started) = (startedAt, started);
                var end = await _invoker.InvokeAsync(session, definition, item, record, batch.Published, loop.Watch).ConfigureAwait(false);
                if (end.IsAbandoned)
                {
                    EndedLate(definition.Name, item, end.Result, _time.GetElapsedTime(handling));
                    return false;
                }

                result = end.Result;
            }

            batch.Pace.Took(_time.GetElapsedTime(handling));
        }

        var command = _finisher.Decide(item, pump, result, startedAt, started);
        if (command is CompleteCommand complete)
        {
            await CompleteAsync(session, batch, complete, pump, verdict, published).ConfigureAwait(false);
            return true;
        }

        batch.Unpublish(published);
        batch.IsCancelled = command is null;
        await session.DiscardAsync(CancellationToken.None).ConfigureAwait(false);
        if (command is null)
        {
            batch.IsCancelled = false;
            pump.Ended(item, DeliveryEnd.Returned);
        }
        else
        {
            batch.Record(command, pump);
        }

        return true;
    }

    private async ValueTask CompleteAsync(
        IHandlerSession session, HandlerBatch batch, CompleteCommand complete, ConsumerPump pump, LedgerVerdict verdict, int published)
    {
        switch (verdict)
        {
            case LedgerVerdict.First:
                if (await session.KeepAsync(complete, CancellationToken.None).ConfigureAwait(false))
                {
                    batch.Keep(complete, pump);
                }
                else
                {
                    batch.Unpublish(published);
                    batch.Lose(complete, pump);
                }

                break;
            case LedgerVerdict.Late:
                batch.Record(new CompleteCommand { Item = complete.Item, Attempt = complete.Attempt, At = complete.At, Outcome = DeliveryOutcome.Skipped }, pump);
                break;
            default:
                if (_isInDoubt)
                {
                    // Processed by a commit whose answer was lost: what it has published may have come after the outbox was read.
                    _outbox.Doubt();
                }

                batch.Record(complete, pump);
                break;
        }
    }

    private static LedgerEntry LedgerEntryOf(HandlerDefinition definition, WorkItem item, EventRecord record, DateTimeOffset at) =>
        new(definition.Name, record.Integration, record.KeyText, at, item.Forced, record.Subject, definition.SkipLate ? record.Version : null);
}
