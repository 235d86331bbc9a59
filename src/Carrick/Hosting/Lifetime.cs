namespace Carrick.Hosting;

/// <summary>
/// Starts and stops something once, however often, in whichever order and by how many callers it is asked to: whoever asks for the stop waits for the one
/// stop there is, and a stop that comes during the start ends the start first. Thread-safe.
/// </summary>
/// <param name="start">The start; its token is cancelled by a stop.</param>
/// <param name="stop">The stop, whatever became of the start; its task ends when a caller cannot wait for a drain any longer. It must end by itself then.</param>
internal sealed class Lifetime(Func<CancellationToken, Task> start, Func<Task, Task> stop) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopRequested = new();
    private readonly TaskCompletionSource _cannotWait = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _started;
    private Task? _stopped;

    /// <exception cref="InvalidOperationException">It was stopped before.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Task started;
        lock (_gate)
        {
            if (_stopped is not null)
            {
                throw new InvalidOperationException("It was stopped, and cannot be started again.");
            }

            started = _started ??= StartOnceAsync(cancellationToken);
        }

        await started.ConfigureAwait(false);
    }

    /// <param name="cannotWait">Cancelled when the caller cannot wait for a drain any longer; the stop is waited for all the same.</param>
    public async Task StopAsync(CancellationToken cannotWait)
    {
        Task stopped;
        lock (_gate)
        {
            stopped = _stopped ??= StopOnceAsync();
        }

        await using (cannotWait.UnsafeRegister(static source => ((TaskCompletionSource)source!).TrySetResult(), _cannotWait).ConfigureAwait(false))
        {
            await stopped.ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the stop that was asked for; stops without a drain if none was.</summary>
    public Task EndAsync()
    {
        bool wasAsked;
        lock (_gate)
        {
            wasAsked = _stopped is not null;
        }

        return StopAsync(new CancellationToken(canceled: !wasAsked));
    }

    /// <summary>Only behind <see cref="EndAsync"/>.</summary>
    public void Dispose() => _stopRequested.Dispose();

    private async Task StartOnceAsync(CancellationToken cancellationToken)
    {
        // Not under the gate, and not on the thread of whoever comes first.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopRequested.Token);
        await start(either.Token).ConfigureAwait(false);
    }

    private async Task StopOnceAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await _stopRequested.CancelAsync().ConfigureAwait(false);
        if (_started is { } started)
        {
            // Its own caller is told how it ended.
            await started.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await stop(_cannotWait.Task).ConfigureAwait(false);
    }
}
