using Carrick.Dispatch;

namespace Carrick.Handlers;

/// <summary>One loop of a lane and what it has at hand. Used by the loop, and by whoever has taken it all away: see <see cref="HandlerWatch.HasAbandoned"/>.</summary>
internal sealed class HandlerLoop
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HandlerLoop(LoopHealth health, LedgerPruner pruner, Func<HandlerLoop, HandlerWatch> watch)
    {
        Health = health;
        Pruner = pruner;
        Watch = watch(this);
    }

    public LoopHealth Health { get; }

    public LedgerPruner Pruner { get; }

    public HandlerWatch Watch { get; }

    public HandlerBatch Batch { get; } = new();

    /// <summary>The session that the loop serves.</summary>
    public IHandlerSession? Session { get; set; }

    /// <summary>When the delivery began whose handler runs.</summary>
    public DateTimeOffset StartedAt { get; set; }

    /// <summary>The same as a timestamp.</summary>
    public long Started { get; set; }

    public bool IsAbandoned => Watch.HasAbandoned;

    /// <summary>Ends with the loop, or when another has taken its place.</summary>
    public Task Ended => _ended.Task;

    public void End() => _ended.TrySetResult();
}
