using System.Threading.Channels;
using Carrick.Delivery;
using Carrick.Dispatch;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Logging;

namespace Carrick.Handlers;

/// <summary>
/// Runs the handlers of one database. Each session takes deliveries one after another into one outer transaction, each in a
/// savepoint of its own, and commits when no more wait or the linger has passed. Only after that commit are they complete.
/// A crash before it undoes all of them; a crash after it runs them again, and the ledger refuses them.
/// </summary>
internal sealed partial class HandlerLane : IDeliveryRunner
{
    private const int LargestBatch = 256;
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly Channel<HandlerEntry?> _channel = Channel.CreateUnbounded<HandlerEntry?>(new() { SingleWriter = false });
    private readonly IHandlerDatabase _database;
    private readonly HandlerInvoker _invoker;
    private readonly AttemptFinisher _finisher;
    private readonly OutboxRelay _outbox;
    private readonly PoisonGuard _guard;
    private readonly CarrickOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private Task _loops = Task.CompletedTask;

    public HandlerLane(
        IHandlerDatabase database, HandlerInvoker invoker, AttemptFinisher finisher, OutboxRelay outbox, PoisonGuard guard,
        CarrickOptions options, TimeProvider time, ILogger logger)
    {
        _database = database;
        _invoker = invoker;
        _finisher = finisher;
        _outbox = outbox;
        _guard = guard;
        _options = options;
        _time = time;
        _logger = logger;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _database.InitializeAsync(cancellationToken).ConfigureAwait(false);
        _outbox.Start(_database, wake: () => _channel.Writer.TryWrite(null));
        _loops = Task.WhenAll(Enumerable.Range(0, _database.MaxSessions).Select(_ => Task.Run(RunAsync)));
    }

    // The pumps bound what is in the channel: each has at most its concurrency here.
    public void Start(WorkItem item, ConsumerPump pump)
    {
        if (!_channel.Writer.TryWrite(new HandlerEntry(item, pump)))
        {
            pump.Ended(item, DeliveryEnd.Returned);
        }
    }

    /// <summary>Ends when the deliveries that were started have ended; the pumps have been stopped before.</summary>
    public async Task StopAsync()
    {
        await _outbox.StopAsync().ConfigureAwait(false);
        _channel.Writer.TryComplete();
        await _loops.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var batch = new HandlerBatch();
        var pruner = new LedgerPruner(_options, _time);
        while (await _channel.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            IHandlerSession session;
            try
            {
                session = await _database.OpenSessionAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (StoreException exception)
            {
                LogDatabaseFailed(exception, _database.Name, exception.Message);
                FailWaiting(exception);
                await Task.Delay(AfterFailure, _time).ConfigureAwait(false);
                continue;
            }

            await using (session.ConfigureAwait(false))
            {
                await ServeAsync(session, batch, pruner).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Serves until the session breaks or the lane stops.</summary>
    private async Task ServeAsync(IHandlerSession session, HandlerBatch batch, LedgerPruner pruner)
    {
        while (await _channel.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            try
            {
                await FillAsync(session, batch).ConfigureAwait(false);
                await pruner.RunAsync(session).ConfigureAwait(false);
                await session.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (StoreException exception)
            {
                LogDatabaseFailed(exception, _database.Name, exception.Message);
                await session.RollbackAsync().ConfigureAwait(false);
                FailBatch(batch, exception, FailureCategory.Throttled);
                return;
            }
            catch (InvalidOperationException exception)
            {
                // The handler has ended the transaction. What it committed stays, and the ledger refuses it when it is tried again.
                LogMisused(exception, batch.Current?.Pump.Definition.Name, exception.Message);
                await session.RollbackAsync().ConfigureAwait(false);
                FailBatch(batch, exception, FailureCategory.Transient);
                return;
            }

            _outbox.Relay(batch.Published);
            Finish(batch.Kept, durable: _database.CompletesWork);
            Finish(batch.ToRecord, durable: false);
        }
    }

    private async Task FillAsync(IHandlerSession session, HandlerBatch batch)
    {
        if (_guard.Active)
        {
            await FillGuardedAsync(session, batch).ConfigureAwait(false);
            return;
        }

        var started = _time.GetTimestamp();
        batch.OutboxDeleted = _outbox.TakeRelayed();
        if (batch.OutboxDeleted.Count > 0)
        {
            await session.DeleteFromOutboxAsync(batch.OutboxDeleted, CancellationToken.None).ConfigureAwait(false);
        }

        while (batch.Count < LargestBatch && _channel.Reader.TryRead(out var entry))
        {
            if (entry is not { } current)
            {
                // Only a wake-up: rows of the outbox may be deleted.
                continue;
            }

            batch.Current = current;
            await RunOneAsync(session, batch, current.Item, current.Pump).ConfigureAwait(false);
            batch.Current = null;
            if (_time.GetElapsedTime(started) >= _options.HandlerLinger)
            {
                return;
            }
        }
    }

    /// <summary>One delivery in a transaction of its own, after its start was recorded: no transaction is open while the store records it.</summary>
    private async Task FillGuardedAsync(IHandlerSession session, HandlerBatch batch)
    {
        if (!_channel.Reader.TryRead(out var entry) || entry is not { } current)
        {
            return;
        }

        GuardVerdict verdict;
        try
        {
            verdict = await _guard.RecordAsync(current.Item).ConfigureAwait(false);
        }
        catch (EngineFullException exception)
        {
            LogNotRecorded(exception, current.Pump.Definition.Name, exception.Message);
            batch.Record(Failure(current, exception, FailureCategory.Throttled), current.Pump);
            return;
        }

        switch (verdict)
        {
            case GuardVerdict.Gone:
                current.Pump.Ended(current.Item, DeliveryEnd.Gone);
                break;
            case GuardVerdict.Poison:
                var poison = AttemptResult.Failure(FailureCategory.Poison, "The process ended while the handler ran, again and again.");
                batch.Record(_finisher.Decide(current.Item, current.Pump, poison, _time.GetUtcNow(), TimeSpan.Zero)!, current.Pump);
                break;
            default:
                batch.Current = current;
                await RunOneAsync(session, batch, current.Item, current.Pump).ConfigureAwait(false);
                batch.Current = null;
                break;
        }
    }

    private async Task RunOneAsync(IHandlerSession session, HandlerBatch batch, WorkItem item, ConsumerPump pump)
    {
        var startedAt = _time.GetUtcNow();
        var started = _time.GetTimestamp();
        if (item.Event is not { } record)
        {
            batch.Record(_finisher.Decide(item, pump, AttemptResult.Failure(FailureCategory.Permanent, "The event is no longer stored."), startedAt, default)!, pump);
            return;
        }

        var definition = (HandlerDefinition)pump.Definition;
        var verdict = await session.BeginAsync(LedgerEntryOf(definition, item, record, startedAt), CancellationToken.None).ConfigureAwait(false);
        var result = AttemptResult.Success();
        var published = batch.Published.Count;
        if (verdict == LedgerVerdict.First)
        {
            result = await _invoker.InvokeAsync(session, definition, item, record, batch.Published).ConfigureAwait(false);
        }

        var command = _finisher.Decide(item, pump, result, startedAt, _time.GetElapsedTime(started));
        if (command is CompleteCommand complete)
        {
            switch (verdict)
            {
                case LedgerVerdict.First:
                    if (!await session.KeepAsync(complete, CancellationToken.None).ConfigureAwait(false))
                    {
                        batch.Unpublish(published);
                    }

                    batch.Keep(complete, pump);
                    break;
                case LedgerVerdict.Late:
                    batch.Record(new CompleteCommand { Item = item, Attempt = complete.Attempt, At = complete.At, Outcome = DeliveryOutcome.Skipped }, pump);
                    break;
                default:
                    batch.Record(complete, pump);
                    break;
            }

            return;
        }

        batch.Unpublish(published);
        await session.DiscardAsync(CancellationToken.None).ConfigureAwait(false);
        if (command is null)
        {
            pump.Ended(item, DeliveryEnd.Returned);
        }
        else
        {
            batch.Record(command, pump);
        }
    }

    private static LedgerEntry LedgerEntryOf(HandlerDefinition definition, WorkItem item, EventRecord record, DateTimeOffset at) =>
        new(definition.Name, record.Integration, record.MessageId, at, item.Forced, record.Subject, definition.SkipLate ? record.Version : null);

    private void Finish(List<(WorkCommand, ConsumerPump)> ended, bool durable)
    {
        if (ended.Count > 0)
        {
            // Not awaited: the next batch begins while these are recorded; the pumps bound how many are under way.
            _ = _finisher.FinishAsync([.. ended], durable);
        }
    }

    /// <summary>The outer transaction is lost: every delivery in it failed, whatever its handler said.</summary>
    private void FailBatch(HandlerBatch batch, Exception exception, FailureCategory category)
    {
        _outbox.NotDeleted(batch.OutboxDeleted);
        // A delivery that failed by itself keeps its own reason; one that ended well did so in the transaction that is lost.
        Finish([.. batch.ToRecord.Where(pair => pair.Command is not CompleteCommand)], durable: false);
        var lost = batch.Kept.Concat(batch.ToRecord.Where(pair => pair.Command is CompleteCommand)).Select(pair => new HandlerEntry(pair.Command.Item, pair.Pump));
        if (batch.Current is { } current)
        {
            lost = lost.Append(current);
        }

        Finish([.. lost.Select(entry => (Failure(entry, exception, category), entry.Pump))], durable: false);
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
        }

        Finish(failed, durable: false);
    }

    /// <summary>A database that fails is not the event's fault: such a delivery waits, with the whole consumer, and uses up no budget.</summary>
    private WorkCommand Failure(HandlerEntry entry, Exception exception, FailureCategory category)
    {
        var result = AttemptResult.Failure(category, $"The handler's transaction was lost: {exception.Message}");
        return _finisher.Decide(entry.Item, entry.Pump, result, _time.GetUtcNow(), TimeSpan.Zero)!;
    }

    [LoggerMessage(1201, LogLevel.Error, "A handler of consumer {Consumer} has ended its transaction: {Problem}")]
    private partial void LogMisused(Exception exception, string? consumer, string problem);

    [LoggerMessage(1212, LogLevel.Error, "Handler database {Database} failed: {Problem} Its deliveries are tried again.")]
    private partial void LogDatabaseFailed(Exception exception, string database, string problem);

    [LoggerMessage(1202, LogLevel.Error, "Consumer {Consumer}: the start of a delivery could not be recorded: {Problem} It is tried again.")]
    private partial void LogNotRecorded(Exception exception, string consumer, string problem);
}
