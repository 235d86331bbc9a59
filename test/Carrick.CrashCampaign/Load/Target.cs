namespace Carrick.CrashCampaign.Load;

/// <summary>Where the victim listens in its present life; senders wait while it is dead. Thread-safe.</summary>
internal sealed class Target
{
    private volatile TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Uri> WaitAsync() => _address.Task;

    public void Set(Uri address) => _address.SetResult(address);

    public void Clear() => _address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
}
