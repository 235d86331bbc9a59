using Carrick.Storage;

namespace Carrick.Postgres.Reading;

/// <summary>How many searches run on this node at once, how many wait, and how long one may take. Thread-safe.</summary>
internal sealed class SearchGate(TimeSpan limit, TimeProvider time) : IDisposable
{
    private const int MostWaiting = 64;

    // Half of the processors at most, so that the others receive: a search is work for both ends.
    private readonly SemaphoreSlim _running = new(Math.Clamp(Environment.ProcessorCount / 2, 1, 2));
    private int _waiting;

    /// <exception cref="QueryRefusedException">Too many wait, or it took too long.</exception>
    public async ValueTask<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> read, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw QueryRefusedException.Busy();
        }

        try
        {
            using var late = new CancellationTokenSource(limit, time);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
            return await RunAsync(read, late, ending.Token).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose() => _running.Dispose();

    private async ValueTask<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> read, CancellationTokenSource late, CancellationToken ending)
    {
        var begun = false;
        try
        {
            await _running.WaitAsync(ending).ConfigureAwait(false);
            begun = true;
            return await read(ending).ConfigureAwait(false);
        }
        catch (OperationCanceledException cause) when (late.IsCancellationRequested)
        {
            throw begun ? QueryRefusedException.TooSlow(limit, cause) : QueryRefusedException.Busy();
        }
        finally
        {
            if (begun)
            {
                _running.Release();
            }
        }
    }
}
