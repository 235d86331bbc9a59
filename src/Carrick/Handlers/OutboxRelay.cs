using Carrick.Dispatch;
using Microsoft.Extensions.Logging;

namespace Carrick.Handlers;

/// <summary>
/// Brings what handlers published from the outbox of their database into the engine. The rows are deleted only after the events are
/// durable; a crash between the two relays them again, and their message ids make that a duplicate. One per handler database.
/// </summary>
internal sealed partial class OutboxRelay(IEventIngress ingress, TimeProvider time, ILogger logger) : IDisposable
{
    private const int Page = 256;
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<Func<IHandlerDatabase, Action, Task>> _waiting = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly CancellationTokenSource _stop = new();
    private List<long> _relayed = [];
    private bool _wakes;
    private readonly LoopHealth _health = new("The outbox relay");
    private Task _loop = Task.CompletedTask;

    /// <summary>Why messages are not relayed, or <see langword="null"/>.</summary>
    public string? Problem => _health.Problem;

    public void Start(IHandlerDatabase database, Action wake) => _loop = _health.Watch(Task.Run(() => RunAsync(database, wake)));

    /// <summary>Messages whose transaction has committed.</summary>
    public void Relay(IReadOnlyList<OutboxMessage> messages)
    {
        if (messages.Count == 0)
        {
            return;
        }

        IReadOnlyList<OutboxMessage> copy = [.. messages];
        Do((database, wake) => RelayAsync(database, copy, wake));
    }

    /// <summary>A commit has failed and may have happened all the same: what is in the outbox is read again. What comes twice is a duplicate.</summary>
    public void Doubt() => Do(RelayLeftOverAsync);

    /// <summary>Rows that may be deleted in the next transaction.</summary>
    public IReadOnlyList<long> TakeRelayed()
    {
        lock (_gate)
        {
            if (_relayed.Count == 0)
            {
                return [];
            }

            var taken = _relayed;
            _relayed = [];
            return taken;
        }
    }

    /// <summary>The transaction that deleted them was lost; they are deleted with the next one, for which nothing else need wait. One wake-up stands for all
    /// that are lost before it.</summary>
    public void NotDeleted(IReadOnlyList<long> ids)
    {
        lock (_gate)
        {
            _relayed.AddRange(ids);
            if (_relayed.Count == 0 || _wakes)
            {
                return;
            }

            _wakes = true;
        }

        Do(async (_, wake) =>
        {
            await Task.Delay(AfterFailure, time, _stop.Token).ConfigureAwait(false);
            lock (_gate)
            {
                _wakes = false;
            }

            wake();
        });
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

    private void Do(Func<IHandlerDatabase, Action, Task> next)
    {
        lock (_gate)
        {
            _waiting.Enqueue(next);
        }

        _signal.Release();
    }

    private async Task RunAsync(IHandlerDatabase database, Action wake)
    {
        try
        {
            await RelayLeftOverAsync(database, wake).ConfigureAwait(false);
            while (true)
            {
                await _signal.WaitAsync(_stop.Token).ConfigureAwait(false);
                Func<IHandlerDatabase, Action, Task> next;
                lock (_gate)
                {
                    next = _waiting.Dequeue();
                }

                await next(database, wake).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // What was not relayed stays in the outbox for the next start.
        }
    }

    private async Task RelayLeftOverAsync(IHandlerDatabase database, Action wake)
    {
        var after = 0L;
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

            await RelayAsync(database, page, wake).ConfigureAwait(false);
            if (page.Count < Page)
            {
                return;
            }

            after = page[^1].Id;
        }
    }

    /// <summary>Brings messages in together: all are durable or none is, so that none overtakes an earlier one.</summary>
    private async Task RelayAsync(IHandlerDatabase database, IReadOnlyList<OutboxMessage> messages, Action wake)
    {
        // Alone, a message of an integration that is gone holds up nobody else.
        if (messages.Count > 0 && !await TryRelayAsync(database, messages).ConfigureAwait(false) && messages.Count > 1)
        {
            foreach (var message in messages)
            {
                await TryRelayAsync(database, [message]).ConfigureAwait(false);
            }
        }

        wake();
    }

    private async Task<bool> TryRelayAsync(IHandlerDatabase database, IReadOnlyList<OutboxMessage> messages)
    {
        IncomingEvent[] events = [.. messages.Select(EventOf)];
        while (true)
        {
            try
            {
                await ingress.IngestAsync(events, _stop.Token).ConfigureAwait(false);
                _health.Works();
                break;
            }
            catch (EngineFullException)
            {
                await Task.Delay(AfterFailure, time, _stop.Token).ConfigureAwait(false);
            }
            catch (ArgumentException exception)
            {
                if (messages is [var alone])
                {
                    // The integration was taken out of the configuration: kept in the outbox until a start that has it again.
                    LogUnknown(alone.Integration, exception.Message);
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
            _relayed.AddRange(messages.Select(message => message.Id));
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

        return Task.Delay(AfterFailure, time, _stop.Token);
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

    [LoggerMessage(1211, LogLevel.Error, "A published message of integration {Integration} cannot be relayed: {Problem} It stays in the outbox.")]
    private partial void LogUnknown(string integration, string problem);

    [LoggerMessage(1213, LogLevel.Error, "The outbox of handler database {Database} stands still: an error that cannot be explained. It is tried again every second.")]
    private partial void LogStandsStill(Exception exception, string database);
}
