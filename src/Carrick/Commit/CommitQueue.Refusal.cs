using Carrick.Storage.Commands;

namespace Carrick.Commit;

/// <content>
/// A command that the database refuses for its data fails alone. What is refused comes with a whole batch, so the batch is halved until the command
/// stands alone: that costs nothing as long as nothing is refused.
/// </content>
internal sealed partial class CommitQueue
{
    // Why the last part could not be written, and why the last part was refused.
    private StoreException? _outage;
    private StoreException? _refused;

    /// <summary>Whether the commands are at fault, or the store.</summary>
    private async ValueTask<PartOutcome> JudgeAsync(IReadOnlyList<StoreCommand> part, Exception exception)
    {
        var failure = exception as StoreException ?? new StoreException($"A commit failed unexpectedly ({exception.GetType().Name}).", StoreFailure.Data, exception);
        var isProbe = part is [ProbeCommand];
        if (failure.Failure != StoreFailure.Data || isProbe || (exception is not StoreException && !await CanWriteAsync().ConfigureAwait(false)))
        {
            _outage = failure;
            return PartOutcome.Unavailable;
        }

        _refused = failure;
        return PartOutcome.Refused;
    }

    // What nobody has foreseen may be a command's data or the store itself; a command without any data tells.
    private async ValueTask<bool> CanWriteAsync()
    {
        IReadOnlyList<StoreCommand> probe = [new ProbeCommand { Clear = true }];
        try
        {
            await _thread.WaitAsync(_store.CommitAsync(probe, CancellationToken.None)).ConfigureAwait(false);
            // What other nodes have committed before it comes with it.
            Committed?.Invoke(probe);
            return true;
        }
        catch (StoreException exception) when (exception.Failure == StoreFailure.Unknown)
        {
            // Nobody was promised the probe, but the store takes no other commit before it has told.
            if (await SettleAsync(exception).ConfigureAwait(false))
            {
                Committed?.Invoke(probe);
            }

            return false;
        }
        catch (Exception exception) when (exception is not StoreException { Failure: StoreFailure.Fatal or StoreFailure.Taken or StoreFailure.Configuration })
        {
            return false;
        }
    }

    private void Refuse(StoreCommand command)
    {
        var refusal = _refused!;
        if (command.Reduce())
        {
            LogReduced(refusal, refusal.Message);
            EnqueueAll([command]);
            return;
        }

        _metrics.Invalid();
        LogRefused(refusal, command.Describe(), refusal.Message);
        command.Fail(refusal);
    }
}
