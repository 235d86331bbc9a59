namespace Carrick.Postgres.Writing;

/// <summary>Lets one caller at a time use the writer. The work is done on the caller's thread, which has no other: the commit thread's.</summary>
internal sealed class WriterGate : IDisposable
{
    private static readonly TimeSpan CloseWithin = TimeSpan.FromSeconds(20);
    private readonly SemaphoreSlim _free = new(1, 1);

    public async ValueTask<T> RunAsync<T>(Func<T> action, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return action();
        }
        finally
        {
            _free.Release();
        }
    }

    public async ValueTask RunAsync(Action action, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            action();
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose() => _free.Dispose();

    /// <summary>Runs the last action. A statement under way ends at its time-out at the latest, so it is waited for a little longer than that.</summary>
    public async ValueTask CloseAsync(Action action)
    {
        if (await _free.WaitAsync(CloseWithin).ConfigureAwait(false))
        {
            action();
            _free.Release();
        }
    }
}
