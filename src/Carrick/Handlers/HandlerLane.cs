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
    private LoopHealth[] _health = [];
    private volatile bool _stopping;
    private bool _relays;
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

    /// <summary>Why its handlers or its outbox stand still, or <see langword="null"/>.</summary>
    public string? Problem => _health.Select(health => health.Problem).FirstOrDefault(problem => problem is not null) ?? _outbox.Problem;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _database.InitializeAsync(cancellationToken).ConfigureAwait(false);
        _health = [.. Enumerable.Range(0, _database.MaxSessions).Select(_ => new LoopHealth($"Handler database '{_database.Name}'"))];
        _loops = Task.WhenAll(_health.Select(health => health.Watch(Task.Run(() => RunAsync(health)))));
    }

    /// <summary>Publishes what is in the outbox, from whichever node.</summary>
    public void RelayAgain() => _outbox.Doubt();

    /// <summary>Publishes what an earlier process left in the outbox, and from then on what handlers publish. The integrations must be in force.</summary>
    public void StartRelay()
    {
        if (!_relays)
        {
            _relays = true;
            _outbox.Start(_database, wake: () => _channel.Writer.TryWrite(null));
        }
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
        _stopping = true;
        await _outbox.StopAsync().ConfigureAwait(false);
        _channel.Writer.TryComplete();
        await _loops.ConfigureAwait(false);
    }

    private async Task RunAsync(LoopHealth health)
    {
        var batch = new HandlerBatch();
        var pruner = new LedgerPruner(_options, _time);
        while (await _channel.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            try
            {
                if (await OpenAsync().ConfigureAwait(false) is { } session)
                {
                    await using (session.ConfigureAwait(false))
                    {
                        await ServeAsync(session, batch, pruner, health).ConfigureAwait(false);
                    }

                    continue;
                }
            }
            catch (Exception exception)
            {
                // What waits goes on waiting: it has not been tried.
                if (health.Failed(exception))
                {
                    LogStandsStill(exception, _database.Name);
                }

                ReturnWaiting();
            }

            await Task.Delay(AfterFailure, _time).ConfigureAwait(false);
        }
    }

    /// <returns><see langword="null"/> if the database cannot be used now; what waited for it is put off.</returns>
    private async ValueTask<IHandlerSession?> OpenAsync()
    {
        try
        {
            return await _database.OpenSessionAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (StoreException exception)
        {
            LogDatabaseFailed(exception, _database.Name, exception.Message);
            FailWaiting(exception);
            return null;
        }
    }

    /// <summary>Serves until the session breaks or the lane stops.</summary>
    private async Task ServeAsync(IHandlerSession session, HandlerBatch batch, LedgerPruner pruner, LoopHealth health)
    {
        while (await _channel.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            var (isCommitting, isComplete) = (false, false);
            try
            {
                await FillAsync(session, batch).ConfigureAwait(false);
                await pruner.RunAsync(session).ConfigureAwait(false);
                isCommitting = true;
                isComplete = await session.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (StoreException exception)
            {
                LogDatabaseFailed(exception, _database.Name, exception.Message);
                await UndoAsync(session, batch, exception, FailureCategory.Throttled).ConfigureAwait(false);
                if (isCommitting && batch.Published.Count > 0)
                {
                    _outbox.Doubt();
                }

                return;
            }
            catch (InvalidOperationException exception) when (batch.IsAnnounced || batch.Suspect is not null)
            {
                // A handler has ended the transaction. What it committed stays, and the ledger refuses it when it is tried again.
                if (!batch.IsAnnounced)
                {
                    LogMisused(exception, batch.Suspect?.Pump.Definition.Name, exception.Message);
                }

                await UndoAsync(session, batch, exception, FailureCategory.Transient).ConfigureAwait(false);
                return;
            }
            catch (Exception exception)
            {
                await UndoAsync(session, batch, exception, FailureCategory.Transient).ConfigureAwait(false);
                throw;
            }

            health.Works();
            if (!isComplete)
            {
                RunAgain(batch);
                continue;
            }

            _outbox.Relay(batch.Published);
            Finish(batch.Lost, durable: true);
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
        while (batch.Count < _database.MaxBatch && await TakeAsync(session, batch).ConfigureAwait(false))
        {
            await RunOneAsync(session, batch, batch.Current!.Value.Item, batch.Current.Value.Pump).ConfigureAwait(false);
            batch.Current = null;
            if (batch.Announced.Count == 0 && _time.GetElapsedTime(started) >= Linger)
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
    private async Task FillGuardedAsync(IHandlerSession session, HandlerBatch batch)
    {
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
        catch (EngineFullException exception)
        {
            LogNotRecorded(exception, current.Pump.Definition.Name, exception.Message);
            batch.Record(Failure(current, exception, FailureCategory.Throttled), current.Pump);
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
                await RunOneAsync(session, batch, current.Item, current.Pump).ConfigureAwait(false);
                break;
        }

        batch.Current = null;
    }

    private async Task RunOneAsync(IHandlerSession session, HandlerBatch batch, WorkItem item, ConsumerPump pump)
    {
        var startedAt = _time.GetUtcNow();
        var started = _time.GetTimestamp();
        if (item.Event is not { } record)
        {
            batch.Record(_finisher.Decide(item, pump, AttemptResult.Failure(FailureCategory.Permanent, "The event is no longer stored."), startedAt, started)!, pump);
            return;
        }

        var definition = (HandlerDefinition)pump.Definition;
        var verdict = await session.BeginAsync(LedgerEntryOf(definition, item, record, startedAt), CancellationToken.None).ConfigureAwait(false);
        batch.Unchecked = null;
        var result = AttemptResult.Success();
        var published = batch.Published.Count;
        if (verdict == LedgerVerdict.First)
        {
            var handling = _time.GetTimestamp();
            result = batch.IsAnnounced && _invoker.Stopping
                ? HandlerInvoker.Stopped
                : await _invoker.InvokeAsync(session, definition, item, record, batch.Published).ConfigureAwait(false);
            batch.Pace.Took(_time.GetElapsedTime(handling));
        }

        var command = _finisher.Decide(item, pump, result, startedAt, started);
        if (command is CompleteCommand complete)
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
                    batch.Record(new CompleteCommand { Item = item, Attempt = complete.Attempt, At = complete.At, Outcome = DeliveryOutcome.Skipped }, pump);
                    break;
                default:
                    batch.Record(complete, pump);
                    break;
            }

            return;
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
    }

    private static LedgerEntry LedgerEntryOf(HandlerDefinition definition, WorkItem item, EventRecord record, DateTimeOffset at) =>
        new(definition.Name, record.Integration, record.MessageId, at, item.Forced, record.Subject, definition.SkipLate ? record.Version : null);
}
