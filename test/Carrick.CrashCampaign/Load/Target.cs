namespace Carrick.CrashCampaign.Load;

/// <summary>Where servers listen now; senders take turns, and wait while there is none. Thread-safe.</summary>
internal sealed class Target
{
    private readonly Lock _lock = new();
    private readonly List<Uri> _addresses = [];
    private TaskCompletionSource _any = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _turn;

    public async Task<Uri> WaitAsync()
    {
        while (true)
        {
            Task any;
            lock (_lock)
            {
                if (_addresses.Count > 0)
                {
                    return _addresses[(int)((uint)_turn++ % (uint)_addresses.Count)];
                }

                any = _any.Task;
            }

            await any;
        }
    }

    public void Add(Uri address)
    {
        lock (_lock)
        {
            _addresses.Add(address);
            _any.TrySetResult();
        }
    }

    public void Remove(Uri address)
    {
        lock (_lock)
        {
            _addresses.Remove(address);
            if (_addresses.Count == 0)
            {
                _any = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
