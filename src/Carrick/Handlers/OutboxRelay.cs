using Carrick.Diagnostics;
using Carrick.Dispatch;
using Microsoft.Extensions.Logging;

namespace Carrick.Handlers;

/// <summary>
/// Brings what handlers published from the outbox of their database into the engine. The rows are deleted only after the events are
/// durable; a crash between the two relays them again, and their message ids make that a duplicate. It holds little in memory: what comes faster than the engine
/// takes it is read from the outbox, in its order. One per handler database.
/// </summary>
/// <remarks>Ids are given before the commit, so that a read may pass the ids of a transaction that commits later. That transaction is told of after it, which adds either
/// its messages or another read from its first id: none is passed for good.</remarks>
internal sealed partial class OutboxRelay : IDisposable
{
    private const int Page = 256;

    /// <summary>Rows that are relayed and not deleted: with more, nothing is relayed until some are.</summary>
    private const int MostToDelete = 4_096;

    /// <summary>Rows that one transaction deletes.</summary>
    private const int MostInOneDelete = 1_024;

    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromSeconds(30);

    private readonly IEventIngress _ingress;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly OutboxBacklog _backlog = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<long> _relayed = [];
    private readonly LoopHealth _health = new("The outbox relay");
    private bool _wakes;
    private bool _readsLater;
    private Action? _wake;
    private Task _loop = Task.CompletedTask;

    public OutboxRelay(IEventIngress ingress, TimeProvider time, ILogger logger)
    {
        _ingress = ingress;
        _time = time;
        _logger = logger.Guarded();
        // What an earlier process has left.
        _backlog.AddTable(0);
    }

    /// <summary>Why messages are not relayed, or <see langword="null"/>.</summary>
    public string? Problem => _health.Problem;

    /// <summary>What is held in memory to be relayed.</summary>
    public (int Messages, long Bytes) Held => _backlog.Held;

    public void Start(IHandlerDatabase database, Action wake)
    {
        _wake = wake;
        _loop = _health.Watch(Task.Run(() => RunAsync(database)));
    }

    /// <summary>Messages whose transaction has committed.</summary>
    public void Relay(IReadOnlyList<OutboxMessage> messages)
    {
        if (messages.Count > 0)
        {
            _backlog.Add(messages);
            Signal();
        }
    }

    /// <summary>A commit has failed and may have happened all the same: what is in the outbox is read again. What comes twice is a duplicate.</summary>
    public void Doubt()
    {
        _backlog.AddTable(0);
        Signal();
    }

    /// <summary>Rows that may be deleted in the next transaction. When there are more than one should delete, another is asked for.</summary>
    public IReadOnlyList<long> TakeRelayed()
    {
        List<long> taken;
        bool isMore;
        lock (_gate)
        {
            if (_relayed.Count == 0)
            {
                return [];
            }

            taken = [.. _relayed.Take(MostInOneDelete)];
            _relayed.ExceptWith(taken);
            isMore = _relayed.Count > 0;
        }

        if (isMore)
        {
            _wake?.Invoke();
        }

        return taken;
    }

    /// <summary>The transaction that deleted them was lost; they are deleted with the next one, for which nothing else need wait. One wake-up stands for all
    /// that are lost before it.</summary>
    public void NotDeleted(IReadOnlyList<long> ids)
    {
        lock (_gate)
        {
            _relayed.UnionWith(ids);
            if (_relayed.Count == 0 || _wakes)
            {
                return;
            }

            _wakes = true;
        }

        _ = WakeLaterAsync();
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
    }

    public void Dispose()
    {
        _signal.Dispose();
        _stop.Dispose();
    }

    private void Signal()
    {
        if (_signal.CurrentCount == 0)
        {
            _signal.Release();
        }
    }

    private async Task WakeLaterAsync()
    {
        try
        {
            await Task.Delay(AfterFailure, _time, _stop.Token).ConfigureAwait(false);
            lock (_gate)
            {
                _wakes = false;
            }

            _wake?.Invoke();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The rows are relayed again at the next start, as duplicates, and deleted then.
        }
    }

    /// <summary>What the database has refused is tried again from time to time, by one read for all of it.</summary>
    private async Task ReadLaterAsync()
    {
        lock (_gate)
        {
            if (_readsLater)
            {
                return;
            }

            _readsLater = true;
        }

        try
        {
            await Task.Delay(AfterRefusal, _time, _stop.Token).ConfigureAwait(false);
            lock (_gate)
            {
                _readsLater = false;
            }

            Doubt();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The next start reads it.
        }
    }

    private async Task RunAsync(IHandlerDatabase database)
    {
        try
        {
            while (true)
            {
                while (_backlog.Take() is { } part)
                {
                    await RelayPartAsync(database, part).ConfigureAwait(false);
                }

                await _signal.WaitAsync(_stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // What was not relayed stays in the outbox for the next start.
        }
    }

    private async Task RelayPartAsync(IHandlerDatabase database, OutboxPart part)
    {
        try
        {
            await (part.Messages is { } messages ? RelayAsync(database, messages) : ReadAsync(database, part.After)).ConfigureAwait(false);
        }
        catch (Exception exception) when (!IsStop(exception))
        {
            // Whatever it was, the messages are in the outbox.
            _backlog.AddTable(0);
            await FailedAsync(exception, database).ConfigureAwait(false);
        }
        finally
        {
            _backlog.Done(part);
        }
    }

    private async Task ReadAsync(IHandlerDatabase database, long after)
    {
        while (true)
        {
            IReadOnlyList<OutboxMessage> page;
            try
            {
                page = await database.ReadOutboxAsync(after, Page, _stop.Token).ConfigureAwait(false);
                _health.Works();
            }
            catch (Exception exception) when (!IsStop(exception))
            {
                await FailedAsync(exception, database).ConfigureAwait(false);
                continue;
            }

            await RelayAsync(database, page).ConfigureAwait(false);
            if (page.Count == 0)
            {
                return;
            }

            after = page[^1].Id;
        }
    }

    /// <summary>Brings messages in together: all are durable or none is, so that none overtakes an earlier one.</summary>
    private async Task RelayAsync(IHandlerDatabase database, IReadOnlyList<OutboxMessage> messages)
    {
        while (IsMuchToDelete())
        {
            _wake!();
            await Task.Delay(AfterFailure, _time, _stop.Token).ConfigureAwait(false);
        }

        messages = WithoutRelayed(messages);
        // Alone, a message of an integration that is gone holds up nobody else.
        if (messages.Count > 0 && !await TryRelayAsync(database, messages).ConfigureAwait(false) && messages.Count > 1)
        {
            foreach (var message in messages)
            {
                await TryRelayAsync(database, [message]).ConfigureAwait(false);
            }
        }

        _wake!();
    }

    private bool IsMuchToDelete()
    {
        lock (_gate)
        {
            return _relayed.Count >= MostToDelete;
        }
    }

    // A read finds also what was held behind it, and what is relayed and not deleted yet.
    private IReadOnlyList<OutboxMessage> WithoutRelayed(IReadOnlyList<OutboxMessage> messages)
    {
        lock (_gate)
        {
            return _relayed.Count == 0 ? messages : [.. messages.Where(message => !_relayed.Contains(message.Id))];
        }
    }

    private async Task<bool> TryRelayAsync(IHandlerDatabase database, IReadOnlyList<OutboxMessage> messages)
    {
        IncomingEvent[] events = [.. messages.Select(EventOf)];
        while (true)
        {
            try
            {
                await _ingress.IngestAsync(events, _stop.Token).ConfigureAwait(false);
                _health.Works();
                break;
            }
            catch (EngineFullException)
            {
                await Task.Delay(AfterFailure, _time, _stop.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is ArgumentException or StoreException { Failure: StoreFailure.Data })
            {
                if (messages is [var alone])
                {
                    // Its integration was taken out of the configuration, or the database refuses it: kept in the outbox, where it holds up nobody.
                    LogRefused(alone.MessageId, alone.Integration, exception.Message);
                    if (exception is StoreException)
                    {
                        _ = ReadLaterAsync();
                    }
                }

                return false;
            }
            catch (Exception exception) when (!IsStop(exception))
            {
                await FailedAsync(exception, database).ConfigureAwait(false);
            }
        }

        lock (_gate)
        {
            _relayed.UnionWith(messages.Select(message => message.Id));
        }

        return true;
    }

    // A database that fails while the relay stops has failed all the same: only the cancellation itself ends the loop.
    private bool IsStop(Exception exception) => exception is OperationCanceledException && _stop.IsCancellationRequested;

    private Task FailedAsync(Exception exception, IHandlerDatabase database)
    {
        if (exception is StoreException)
        {
            LogReadFailed(exception, database.Name, exception.Message);
        }
        else if (_health.Failed(exception))
        {
            LogStandsStill(exception, database.Name);
        }

        return Task.Delay(AfterFailure, _time, _stop.Token);
    }

    private static IncomingEvent EventOf(OutboxMessage message) => new()
    {
        Integration = message.Integration,
        Type = message.Type,
        MessageId = message.MessageId,
        Subject = message.Subject,
        Version = message.Version,
        ContentType = message.ContentType,
        Body = message.Body,
    };

    [LoggerMessage(1210, LogLevel.Error, "The outbox of handler database {Database} cannot be read: {Problem} It is tried again.")]
    private partial void LogReadFailed(Exception exception, string database, string problem);

    [LoggerMessage(1211, LogLevel.Error, "The published message {MessageId} of integration {Integration} cannot be relayed: {Problem} It stays in the outbox; what the database refuses is tried again every 30 s.")]
    private partial void LogRefused(string messageId, string integration, string problem);

    [LoggerMessage(1213, LogLevel.Error, "The outbox of handler database {Database} stands still: an error that cannot be explained. It is tried again every second.")]
    private partial void LogStandsStill(Exception exception, string database);
}
