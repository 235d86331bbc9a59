using Carrick.Storage;

namespace Carrick.Dispatch;

/// <summary>
/// Lets one delivery per ordering key go at a time, in the order of commit. Behind a busy key a few deliveries wait in memory;
/// more are dropped and read from the store when the key is free. Not thread-safe: its pump's lock guards it.
/// </summary>
internal sealed class KeyGate
{
    /// <summary>How many deliveries wait in memory behind one busy key.</summary>
    public const int WaitingPerKey = 16;

    private readonly Dictionary<string, KeyState> _keys = new(StringComparer.Ordinal);

    /// <summary>Keys with a delivery under way or parked.</summary>
    public int BusyKeys => _keys.Count;

    /// <summary>Takes a delivery in the order of commit; <see langword="true"/> if it may start now.</summary>
    public bool TryEnter(WorkItem item)
    {
        if (!_keys.TryGetValue(item.OrderingKey!, out var key))
        {
            _keys.Add(item.OrderingKey!, new KeyState());
            return true;
        }

        if (key.Spilled || key.Waiting.Count >= WaitingPerKey)
        {
            key.Spilled = true;
            key.NewestDropped = item.Id;
        }
        else
        {
            key.Waiting.Enqueue(item);
        }

        return false;
    }

    /// <summary>Whether the delivery waits in memory behind its key.</summary>
    public bool IsWaiting(WorkItem item) =>
        item.OrderingKey is not null && _keys.TryGetValue(item.OrderingKey, out var key) && key.Waiting.Any(waiting => waiting.Id == item.Id);

    /// <summary>Marks the key of a parked delivery as busy.</summary>
    public void Park(WorkItem item) => _keys.TryAdd(item.OrderingKey!, new KeyState());

    /// <summary>The head of a key has ended: the next one, or a need to read the key from the store.</summary>
    public KeyRelease Release(WorkItem ended, out WorkItem? next)
    {
        next = null;
        if (!_keys.TryGetValue(ended.OrderingKey!, out var key))
        {
            return KeyRelease.Free;
        }

        if (key.Waiting.TryDequeue(out next))
        {
            return KeyRelease.Next;
        }

        if (key.Spilled)
        {
            key.NewestAtRead = key.NewestDropped;
            return KeyRelease.Read;
        }

        _keys.Remove(ended.OrderingKey!);
        return KeyRelease.Free;
    }

    /// <summary>Takes in what was read of a key: only what had been taken from the ready buffer before; the rest comes that way.</summary>
    /// <returns>The delivery that may start now, if any.</returns>
    public WorkItem? EndRead(string orderingKey, IReadOnlyList<WorkItem> items, bool complete, RecordId lastTaken)
    {
        var key = _keys[orderingKey];
        foreach (var item in items)
        {
            if (item.Id > lastTaken)
            {
                complete = true;
                break;
            }

            key.Waiting.Enqueue(item);
        }

        if (complete && key.NewestDropped == key.NewestAtRead)
        {
            key.Spilled = false;
        }

        if (key.Waiting.TryDequeue(out var next))
        {
            return next;
        }

        if (!key.Spilled)
        {
            _keys.Remove(orderingKey);
        }
        else
        {
            key.NewestAtRead = key.NewestDropped;
        }

        return null;
    }

    /// <summary>Whether the key must be read again: nothing came of the last read, but deliveries were dropped meanwhile.</summary>
    public bool NeedsRead(string orderingKey) => _keys.TryGetValue(orderingKey, out var key) && key.Spilled && key.Waiting.Count == 0;

    private sealed class KeyState
    {
        public Queue<WorkItem> Waiting { get; } = new();

        public bool Spilled { get; set; }

        public RecordId NewestDropped { get; set; }

        public RecordId NewestAtRead { get; set; }
    }
}

/// <summary>What follows when the head of an ordering key has ended.</summary>
internal enum KeyRelease
{
    /// <summary>Nothing waits.</summary>
    Free,

    /// <summary>The next delivery may start.</summary>
    Next,

    /// <summary>The key must be read from the store.</summary>
    Read,
}
