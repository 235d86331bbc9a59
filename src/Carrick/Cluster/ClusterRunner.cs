using System.Threading.Channels;
using Carrick.Commit;
using Carrick.Diagnostics;
using Carrick.Dispatch;
using Carrick.Hosting;
using Carrick.Replay;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Logging;

namespace Carrick.Cluster;

/// <summary>
/// Keeps this node's part in a shared store: takes the shards of dead nodes and its share of the others, gives up what exceeds it, and does what other
/// nodes ask of all. Shards change hands only by commands of the commit queue, so that nothing committed later can overtake it.
/// </summary>
internal sealed partial class ClusterRunner : IAsyncDisposable
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterFailedDrain = TimeSpan.FromMinutes(1);

    private readonly ISharedStore? _store;
    private readonly ShardSet _shards;
    private readonly CommitQueue _commits;
    private readonly RunningTopology _topology;
    private readonly HandOff _handOff;
    private readonly PumpFactory _pumps;
    private readonly ReplayRunner _replays;
    private readonly LoopSupervisor _supervisor;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<ClusterView> _views = Channel.CreateBounded<ClusterView>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly SemaphoreSlim _hasToFollow = new(0, 1);
    private Task _loop = Task.CompletedTask;
    private Task _following = Task.CompletedTask;
    private Task _giving = Task.CompletedTask;
    private bool _asking;
    private bool _askAgain;
    private bool _replaysChanged;
    private bool _configurationChanged;

    public ClusterRunner(
        IStore store, ShardSet shards, CommitQueue commits, RunningTopology topology, HandOff handOff, PumpFactory pumps, ReplayRunner replays,
        LoopSupervisor supervisor, TimeProvider time, ILogger<ClusterRunner> logger)
    {
        _store = store as ISharedStore;
        _shards = shards;
        _commits = commits;
        _topology = topology;
        _handOff = handOff;
        _pumps = pumps;
        _replays = replays;
        _supervisor = supervisor;
        _time = time;
        _logger = logger.Guarded();
    }

    /// <summary>How long to wait for what runs in shards that are given up: their deliveries do not start meanwhile.</summary>
    public TimeSpan DrainWithin { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Called, one at a time, after another node has stored a configuration.</summary>
    public Func<CancellationToken, Task>? Reconfigured { get; set; }

    public void Start()
    {
        if (_store is null)
        {
            return;
        }

        _handOff.Shared = Follow;
        _store.Told = AskForNews;
        _store.Seen = view => _views.Writer.TryWrite(view);
        _loop = Task.Run(() => _supervisor.RunAsync("The exchange of shards", RunAsync, _stop.Token));
        _following = Task.Run(() => _supervisor.RunAsync("The work that other nodes ask for", FollowAsync, _stop.Token));
    }

    /// <summary>Takes and gives no more shards.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_store is not null)
        {
            (_store.Seen, _store.Told, _handOff.Shared) = (null, null, null);
        }

        await Task.WhenAll(_loop, _following, _giving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
        _hasToFollow.Dispose();
    }

    /// <summary>The next commit brings the news. One question at a time: of those that come while it waits, one more is asked.</summary>
    private void AskForNews()
    {
        lock (_gate)
        {
            if (_asking)
            {
                _askAgain = true;
                return;
            }

            _asking = true;
        }

        var ask = new NewsCommand();
        _commits.EnqueueAll([ask]);
        _ = EndsAsync(ask);
    }

    private async Task EndsAsync(NewsCommand ask)
    {
        // If it fails the store cannot write; the lease's loop asks again when it sees that there is something to know.
        await ask.Done.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        bool again;
        lock (_gate)
        {
            (again, _asking, _askAgain) = (_askAgain, false, false);
        }

        if (again)
        {
            AskForNews();
        }
    }

    // A stop ends it: the store gives the shards back when it is closed.
    private async Task RunAsync(LoopHealth health)
    {
        await foreach (var view in _views.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false))
        {
            try
            {
                await StepAsync(Balance.Decide(view, _shards.Owned), view).ConfigureAwait(false);
                health.Works();
            }
            catch (Exception exception) when (exception is StoreException or EngineFullException)
            {
                // The next view comes in a few seconds.
                LogPutOff(exception, exception.Message);
            }
        }
    }

    private async Task StepAsync(BalanceStep step, ClusterView view)
    {
        if (step.Fence.Count > 0 || (step.Take | step.Recover) != 0)
        {
            await TakeAsync(step, view).ConfigureAwait(false);
        }
        else if (step.Give != 0 && _giving.IsCompleted)
        {
            _giving = GiveAsync(step.Give);
        }
    }

    private async Task TakeAsync(BalanceStep step, ClusterView view)
    {
        if (step.Fence.Count > 0)
        {
            await _store!.EndSessionsAsync(step.Fence, _stop.Token).ConfigureAwait(false);
        }

        var led = _shards.IsLeader;
        var command = new AcquireShardsCommand { Fence = step.Fence, Take = step.Take, Recover = step.Recover };
        await _commits.SubmitAsync(command, _stop.Token).ConfigureAwait(false);
        foreach (var node in command.Fenced)
        {
            LogFenced(node, view.Nodes.FirstOrDefault(known => known.Id == node)?.Name ?? "?");
        }

        if (command.Taken != 0)
        {
            LogTaken(ShardText.Of(command.Taken), ShardText.Count(_shards.Owned));
        }

        if (command.Fenced.Count > 0)
        {
            // What handlers of a dead node have published may be in no memory.
            _pumps.RelayAgain();
        }

        if (!led && _shards.IsLeader)
        {
            Follow(ChangeKind.Replay);
        }
    }

    private async Task GiveAsync(ulong shards)
    {
        try
        {
            _shards.Leave(shards);
            var draining = Task.WhenAll(_topology.Current.Pumps.Select(pump => pump.LeaveAsync(shards)));
            try
            {
                await draining.WaitAsync(DrainWithin, _time, _stop.Token).ConfigureAwait(false);
                await _commits.SubmitAsync(new ReleaseShardsCommand { Shards = shards }, _stop.Token).ConfigureAwait(false);
                LogGiven(ShardText.Of(shards), ShardText.Count(_shards.Owned));
            }
            catch (Exception exception) when (!_stop.IsCancellationRequested)
            {
                // They are served again at once, and the next view decides anew.
                var kept = shards & _shards.Owned;
                _shards.Stay(kept);
                foreach (var pump in _topology.Current.Pumps)
                {
                    pump.Own(kept);
                }

                LogKept(exception, ShardText.Of(kept), exception is TimeoutException ? "attempts in them took too long." : exception.Message);
                await Task.Delay(AfterFailedDrain, _time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The store gives them back when it is closed.
        }
    }

    /// <summary>Called on the commit thread, so it only notes what is to be done. What is stored is read as a whole, so that one note stands for many changes.</summary>
    private void Follow(ChangeKind kind)
    {
        lock (_gate)
        {
            _replaysChanged |= kind == ChangeKind.Replay;
            _configurationChanged |= kind == ChangeKind.Configuration;
            if (_hasToFollow.CurrentCount == 0)
            {
                _hasToFollow.Release();
            }
        }
    }

    // A stop ends it: what was not done is stored, and the next start does it.
    private async Task FollowAsync(LoopHealth health)
    {
        while (true)
        {
            await _hasToFollow.WaitAsync(_stop.Token).ConfigureAwait(false);
            bool replays, configuration;
            lock (_gate)
            {
                (replays, configuration, _replaysChanged, _configurationChanged) = (_replaysChanged, _configurationChanged, false, false);
            }

            if (replays && _shards.IsLeader)
            {
                await FollowAsync(ChangeKind.Replay, _replays.StartAsync).ConfigureAwait(false);
            }

            if (configuration && Reconfigured is { } reconfigured)
            {
                await FollowAsync(ChangeKind.Configuration, reconfigured).ConfigureAwait(false);
            }

            health.Works();
        }
    }

    private async Task FollowAsync(ChangeKind kind, Func<CancellationToken, Task> follow)
    {
        try
        {
            await follow(_stop.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (!_stop.IsCancellationRequested)
        {
            LogNotFollowed(exception, kind, exception.Message);
            await Task.Delay(AfterFailure, _time, _stop.Token).ConfigureAwait(false);
            Follow(kind);
        }
    }

    [LoggerMessage(1400, LogLevel.Warning, "Node {Node} ({Name}) is taken for dead; it can write nothing any more, and its shards go to others.")]
    private partial void LogFenced(long node, string name);

    [LoggerMessage(1401, LogLevel.Information, "Shards {Shards} are this node's now; it has {Count} of 64.")]
    private partial void LogTaken(string shards, int count);

    [LoggerMessage(1402, LogLevel.Information, "Shards {Shards} were given up; this node has {Count} of 64.")]
    private partial void LogGiven(string shards, int count);

    [LoggerMessage(1403, LogLevel.Warning, "Shards {Shards} could not be given up: {Problem} This node keeps them for now.")]
    private partial void LogKept(Exception exception, string shards, string problem);

    [LoggerMessage(1404, LogLevel.Warning, "Shards could not be taken: {Problem} It is tried again in a few seconds.")]
    private partial void LogPutOff(Exception exception, string problem);

    [LoggerMessage(1405, LogLevel.Error, "What another node has changed ({Kind}) could not be done here: {Problem} It is tried again.")]
    private partial void LogNotFollowed(Exception exception, ChangeKind kind, string problem);
}
