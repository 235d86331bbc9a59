using System.Threading.Channels;
using Carrick.Diagnostics;
using Carrick.Dispatch;
using Carrick.Hosting;
using Carrick.Retry;
using Carrick.Storage;
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
    private readonly RetentionPeriods _periods;
    private readonly RetentionClock _clock;
    private readonly IStoreQueries _queries;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly List<HandlerLoop> _loops = [];
    private LoopHealth[] _health = [];
    private volatile bool _stopping;
    private volatile bool _isInDoubt;
    private bool _relays;
    private int _isWoken;

    public HandlerLane(
        IHandlerDatabase database, HandlerInvoker invoker, AttemptFinisher finisher, OutboxRelay outbox, PoisonGuard guard, IStoreQueries queries,
        CarrickOptions options, RetentionPeriods periods, RetentionClock clock, TimeProvider time, ILogger logger)
    {
        _database = database;
        _invoker = invoker;
        _finisher = finisher;
        _outbox = outbox;
        _guard = guard;
        _queries = queries;
        _options = options;
        _periods = periods;
        _clock = clock;
        _time = time;
        _logger = logger.Guarded();
    }

    /// <summary>Why its handlers or its outbox stand still, or <see langword="null"/>.</summary>
    public string? Problem => _health.Select(health => health.Problem).FirstOrDefault(problem => problem is not null)
        ?? _abandoned.Problem ?? FinishProblem ?? _outbox.Problem;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _database.InitializeAsync(cancellationToken).ConfigureAwait(false);
        _health = [.. Enumerable.Range(0, _database.MaxSessions).Select(_ => new LoopHealth($"Handler database '{_database.Name}'"))];
        foreach (var health in _health)
        {
            StartLoop(health);
        }
    }

    /// <summary>Publishes what is in the outbox, from whichever node.</summary>
    public void RelayAgain() => _outbox.Doubt();

    /// <summary>Publishes what an earlier process left in the outbox, and from then on what handlers publish. The integrations must be in force.</summary>
    public void StartRelay()
    {
        if (!_relays)
        {
            _relays = true;
            _outbox.Start(_database, Wake);
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

    /// <summary>Ends when the deliveries that were started have ended; the pumps have been stopped before. Abandoned handlers are not waited for.</summary>
    public async Task StopAsync()
    {
        _stopping = true;
        await _outbox.StopAsync().ConfigureAwait(false);
        _channel.Writer.TryComplete();
        while (RunningLoops() is { Length: > 0 } running)
        {
            await Task.WhenAll(running.Select(loop => loop.Ended)).ConfigureAwait(false);
        }
    }

    private HandlerLoop[] RunningLoops()
    {
        lock (_gate)
        {
            _loops.RemoveAll(loop => loop.Ended.IsCompleted);
            return [.. _loops];
        }
    }

    private void StartLoop(LoopHealth health)
    {
        var loop = new HandlerLoop(health, new LedgerPruner(_periods, _clock, _time), loop => _invoker.Watch(_ => Abandon(loop)));
        lock (_gate)
        {
            _loops.Add(loop);
        }

        health.Watch(Task.Run(() => RunAsync(loop)));
    }

    // One stands for all that come before it is read: nothing bounds how often the relay asks while the loops are busy.
    private void Wake()
    {
        if (Interlocked.Exchange(ref _isWoken, 1) == 0)
        {
            _channel.Writer.TryWrite(null);
        }
    }

    private async Task RunAsync(HandlerLoop loop)
    {
        try
        {
            using (loop.Watch)
            {
                while (!loop.IsAbandoned && await _channel.Reader.WaitToReadAsync().ConfigureAwait(false))
                {
                    if (!await ServeOneSessionAsync(loop).ConfigureAwait(false) && !loop.IsAbandoned)
                    {
                        await Task.Delay(AfterFailure, _time).ConfigureAwait(false);
                    }
                }
            }
        }
        finally
        {
            if (!loop.IsAbandoned)
            {
                loop.End();
            }
        }
    }

    /// <returns><see langword="false"/> if it failed in a way that the next session may meet too.</returns>
    private async ValueTask<bool> ServeOneSessionAsync(HandlerLoop loop)
    {
        try
        {
            if (await OpenAsync().ConfigureAwait(false) is not { } session)
            {
                return false;
            }

            await using (session.ConfigureAwait(false))
            {
                loop.Session = session;
                await ServeAsync(session, loop).ConfigureAwait(false);
            }

            return true;
        }
        catch (Exception exception) when (loop.IsAbandoned)
        {
            // Its session was taken away; it is only that it could not be disposed quietly.
            LogNotTakenAway(exception, _database.Name, exception.GetType().Name);
            return true;
        }
        catch (Exception exception)
        {
            // What waits goes on waiting: it has not been tried.
            if (loop.Health.Failed(exception))
            {
                LogStandsStill(exception, _database.Name);
            }

            ReturnWaiting();
            return false;
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
    private async Task ServeAsync(IHandlerSession session, HandlerLoop loop)
    {
        var batch = loop.Batch;
        while (await _channel.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            var (isCommitting, isComplete) = (false, false);
            try
            {
                await FillAsync(session, loop).ConfigureAwait(false);
                if (loop.IsAbandoned)
                {
                    return;
                }

                await loop.Pruner.RunAsync(session, batch.Count).ConfigureAwait(false);
                isCommitting = true;
                isComplete = await session.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (StoreException exception)
            {
                LogDatabaseFailed(exception, _database.Name, exception.Message);
                var isInDoubt = isCommitting && batch.Published.Count > 0;
                await UndoAsync(session, batch, exception, FailureCategory.Throttled).ConfigureAwait(false);
                if (isInDoubt)
                {
                    // It may have happened all the same, or be about to: asked again when the ledger refuses one of its deliveries.
                    _isInDoubt = true;
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

            loop.Health.Works();
            if (isComplete)
            {
                _outbox.Relay(batch.Published);
                Finish(batch.Lost, durable: true);
                Finish(batch.Kept, durable: _database.CompletesWork);
                Finish(batch.ToRecord, durable: false);
            }
            else
            {
                RunAgain(batch);
            }

            // Not only when the next comes: what was published may be large, and the next may be long in coming.
            batch.Clear();
        }
    }
}
