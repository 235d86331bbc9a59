namespace Carrick.Dispatch;

/// <summary>Cancels attempts that outlive the grace period of a stop.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();

    public CancellationToken Token => _source.Token;

    public Task CancelAsync() => _source.CancelAsync();

    public void Dispose() => _source.Dispose();
}
