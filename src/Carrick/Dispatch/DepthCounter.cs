using Carrick.Storage;

namespace Carrick.Dispatch;

/// <summary>Counts the deliveries of a consumer as SQL would, without asking it. Thread-safe.</summary>
internal sealed class DepthCounter(ConsumerDepth start)
{
    private long _ready = start.Ready;
    private long _delayed = start.Delayed;
    private long _dead = start.Dead;

    public ConsumerDepth Value => new(Volatile.Read(ref _ready), Volatile.Read(ref _delayed), Volatile.Read(ref _dead));

    /// <summary>Adds what came with shards, or takes off what went with them.</summary>
    public void Add(ConsumerDepth depth, int sign)
    {
        Interlocked.Add(ref _ready, sign * depth.Ready);
        Interlocked.Add(ref _delayed, sign * depth.Delayed);
        Interlocked.Add(ref _dead, sign * depth.Dead);
    }

    /// <summary>For a consumer that does not run yet.</summary>
    public void Set(ConsumerDepth depth)
    {
        Volatile.Write(ref _ready, depth.Ready);
        Volatile.Write(ref _delayed, depth.Delayed);
        Volatile.Write(ref _dead, depth.Dead);
    }

    public void Added() => Interlocked.Increment(ref _ready);

    /// <summary>The work row is gone; <paramref name="wasDelayed"/>: it had a due time.</summary>
    public void Removed(bool wasDelayed) => Interlocked.Decrement(ref wasDelayed ? ref _delayed : ref _ready);

    public void Delayed(bool wasDelayed)
    {
        if (!wasDelayed)
        {
            Interlocked.Decrement(ref _ready);
            Interlocked.Increment(ref _delayed);
        }
    }

    public void Requeued()
    {
        Interlocked.Decrement(ref _delayed);
        Interlocked.Increment(ref _ready);
    }

    public void Died() => Interlocked.Increment(ref _dead);

    public void LeftDead(int count = 1) => Interlocked.Add(ref _dead, -count);
}
