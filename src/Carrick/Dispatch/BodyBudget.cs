using Carrick.Storage;

namespace Carrick.Dispatch;

/// <summary>Bounds the bytes of bodies that wait in memory between commit and attempt. Thread-safe.</summary>
internal sealed class BodyBudget(long limit)
{
    // What an event costs besides its body, roughly.
    private const int Overhead = 512;
    private long _used;

    /// <summary>Gives the item its event if there is room; otherwise it is read from the store when its turn comes.</summary>
    public void Attach(WorkItem item, EventRecord record)
    {
        var size = record.Body.Length + Overhead;
        if (Interlocked.Add(ref _used, size) > limit)
        {
            Interlocked.Add(ref _used, -size);
            return;
        }

        item.Event = record;
        item.ReservedBytes = size;
    }

    public void Release(WorkItem item)
    {
        item.Event = null;
        if (item.ReservedBytes > 0)
        {
            Interlocked.Add(ref _used, -item.ReservedBytes);
            item.ReservedBytes = 0;
        }
    }
}
