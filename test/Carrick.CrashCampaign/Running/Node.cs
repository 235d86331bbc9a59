using Carrick.CrashCampaign.Faults;
using Carrick.CrashCampaign.Victim;

namespace Carrick.CrashCampaign.Running;

/// <summary>One of several servers on one store, and its supervisor: it starts the server again when that has ended because another owns the store.</summary>
internal sealed class Node : IDisposable
{
    // From waking up to the end of the process. The first commit or the next renewal of the lease tells it; a stop has a grace period.
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(45);

    private readonly Stage _stage;
    private readonly string _name;
    private readonly Network _network;
    private readonly Task _supervising;
    private volatile VictimProcess _victim;
    private volatile Uri? _address;
    private volatile TaskCompletionSource? _lost;
    private volatile bool _stopping;

    public Node(Stage stage, string name)
    {
        (_stage, _name) = (stage, name);
        (_network, Settings) = stage.Connect();
        _victim = Start();
        _supervising = SuperviseAsync();
    }

    public VictimSettings Settings { get; }

    /// <summary>Where it listens, or <see langword="null"/> while it waits for its turn.</summary>
    public Uri? Address => _address;

    /// <summary>Ends with an exception when the server does what it should not.</summary>
    public Task Supervising => _supervising;

    /// <summary>It stands still from now on. What still comes from it at a receiver is no part of the history: nobody can know of it.</summary>
    public void Suspend()
    {
        _victim.Suspend();
        _stage.Receiver.Distrust(_network.Receivers.Port);
    }

    /// <summary>It goes on as if nothing had happened, because nothing was taken over.</summary>
    public void ResumeInTime()
    {
        _stage.Receiver.Trust(_network.Receivers.Port);
        _victim.Resume();
    }

    /// <summary>Senders find it no more.</summary>
    public void Hide() => _stage.Target.Remove(_address!);

    /// <summary>Senders find it again.</summary>
    public void Show() => _stage.Target.Add(_address!);

    /// <summary>It goes on, although another has taken its store over, and ends.</summary>
    /// <exception cref="VictimFailedException">It did not end in time.</exception>
    public async Task ResumeAsZombieAsync()
    {
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _lost = lost;
        _victim.Resume();
        if (await Task.WhenAny(lost.Task, Task.Delay(EndPatience)) != lost.Task)
        {
            throw new VictimFailedException($"Server {_name} did not end within {EndPatience.TotalSeconds} s of waking up.");
        }
    }

    /// <summary>SIGTERM, for good; one that only waits for its turn is killed.</summary>
    public async Task StopAsync()
    {
        _stopping = true;
        if (_address is { } address)
        {
            _stage.Target.Remove(address);
            await _victim.StopAsync();
        }
        else
        {
            await _victim.KillAsync();
        }

        await _supervising;
    }

    public void Dispose()
    {
        _stopping = true;
        _victim.Dispose();
    }

    /// <summary>The process of its server.</summary>
    public int ProcessId => _victim.Id;

    private VictimProcess Start() => VictimProcess.Start(
        Settings, _stage.Log, line => _lost is not null ? VictimLog.IsFailureOfAZombie(line) : VictimLog.IsFailure(line));

    private async Task SuperviseAsync()
    {
        while (true)
        {
            var ended = _victim.WaitEndAsync(Timeout.InfiniteTimeSpan);
            if (await Task.WhenAny(_victim.Ready, ended, _victim.Failed) == _victim.Ready)
            {
                _address = await _victim.Ready;
                _stage.Target.Add(_address);
            }

            await Task.WhenAny(ended, _victim.Failed);
            await (_victim.Failed.IsCompleted ? _victim.Failed : Task.CompletedTask);
            var code = await ended;
            if (_stopping)
            {
                return;
            }

            if (_lost is { } lost && _victim.IsTakenOver)
            {
                _lost = null;
                _stage.Receiver.Trust(_network.Receivers.Port);
                lost.SetResult();
            }
            else if (_address is not null || code != VictimSettings.OwnedCode)
            {
                throw new VictimFailedException($"Server {_name} ended by itself with exit code {code}.");
            }

            _address = null;
            _victim.Dispose();
            _victim = Start();
        }
    }
}
