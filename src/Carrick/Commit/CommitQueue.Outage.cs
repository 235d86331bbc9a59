using Carrick.Storage.Commands;

namespace Carrick.Commit;

/// <content>What the queue does while the store cannot write: it refuses at once, holds what must not be lost, and tries again.</content>
internal sealed partial class CommitQueue
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastBackOff = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan OutageRetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>What is tried although the store could not write a moment ago: ended deliveries, and what makes room.</summary>
    private static bool MayTry(StoreCommand command) => command is WorkCommand or RetentionCommand or DiscardCommand;

    /// <summary>The grace period of a stop is over: what cannot be written now is given up, and the next start runs those deliveries again.</summary>
    public void HoldNothing()
    {
        _holdsNothing = true;
        _thread.Wake();
    }

    private async ValueTask PutOffAsync(List<StoreCommand> unwritten)
    {
        var exception = _outage!;
        if (_problem is null)
        {
            LogCannotWrite(exception, exception.Failure, exception.Message);
        }

        _backOff = _backOff == TimeSpan.Zero ? FirstBackOff : TimeSpan.FromTicks(Math.Min(LastBackOff.Ticks, _backOff.Ticks * 2));
        lock (_gate)
        {
            // From here on the queue takes only what may be tried; what came before is refused like what was in the commit.
            _problem = exception.Message;
            unwritten.AddRange(_queue);
            _queue.Clear();
        }

        var refusal = new EngineFullException("The store cannot write now.", OutageRetryAfter, exception);
        foreach (var command in unwritten)
        {
            if (command.IsHeld && !_stopping && !_holdsNothing)
            {
                _held.Add(command);
            }
            else
            {
                command.Fail(refusal);
            }
        }

        _thread.Reset();
        await _thread.WaitAsync(_backOff).ConfigureAwait(false);
    }

    /// <summary>
    /// The connection was lost during the commit. Those who wait for it are answered when it is known whether it is durable; whoever comes
    /// meanwhile is refused at once.
    /// </summary>
    /// <returns>Whether it is durable; <see langword="false"/> also when a stop cannot wait to know: the senders come again and are told.</returns>
    private async ValueTask<bool> SettleAsync(StoreException exception)
    {
        LogInDoubt(exception, exception.Message);
        lock (_gate)
        {
            _problem = exception.Message;
        }

        var backOff = FirstBackOff;
        while (!_holdsNothing)
        {
            try
            {
                var settling = _store.SettleAsync(CancellationToken.None).AsTask();
                await _thread.WaitAsync(new ValueTask(settling)).ConfigureAwait(false);
                var durable = await settling.ConfigureAwait(false);
                LogSettled(durable);
                return durable;
            }
            catch (StoreException failure) when (failure.Failure is StoreFailure.Transient or StoreFailure.Full or StoreFailure.Data)
            {
                _thread.Reset();
                await _thread.WaitAsync(backOff).ConfigureAwait(false);
                backOff = TimeSpan.FromTicks(Math.Min(LastBackOff.Ticks, backOff.Ticks * 2));
            }
        }

        return false;
    }

    // Work that somebody else has ended is told apart from a store that somebody else has taken by a command that the owner alone may make.
    private void DoubtOwnership(IReadOnlyList<StoreCommand> part)
    {
        if (part.All(command => command is WorkCommand { Applied: false }))
        {
            EnqueueAll([new ProbeCommand { Clear = true }]);
        }
    }

    private void Recover(IReadOnlyList<StoreCommand> part)
    {
        if (_problem is null)
        {
            return;
        }

        var probed = part is [ProbeCommand];
        _problem = null;
        LogRecovered();
        if (probed)
        {
            // A probe is smaller than a full commit: if that fails again, it is not tried as often as after a first failure.
            EnqueueAll([new ProbeCommand { Clear = true }]);
        }
    }
}
