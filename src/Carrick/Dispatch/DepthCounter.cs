using Carrick.Storage;

namespace Carrick.Dispatch;

/// <summary>Counts the deliveries of a consumer as SQL would, without asking it. Thread-safe.</summary>
internal sealed class DepthCounter(ConsumerDepth start)
{
    private long _ready = start.Ready;
    private long _delayed = start.Delayed;
    private long _dead = start.Dead;

    public ConsumerDepth Value => new(Volatile.Read(ref _ready), Volatile.Read(ref _delayed), Volatile.Read(ref _dead));

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
