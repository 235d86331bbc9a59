using Carrick.Storage;

namespace Carrick.Dispatch;

/// <summary>
/// Lets one delivery per ordering key go at a time, in the order of commit. Behind a busy key a few deliveries wait in memory, and no more than the capacity behind all keys together;
/// more are dropped and read from the store when the key is free. Not thread-safe: its pump's lock guards it.
/// </summary>
/// <remarks>
/// A key is here while one of its deliveries, its head, is under way or parked in memory, and while its head is looked for in the store. Of a key whose head is parked in the store only,
/// nothing need be here: as long as there are such keys, the pump has a key that it does not know looked up before it lets anything of it go.
/// </remarks>
/// <param name="capacity">How many deliveries wait in memory, and how many keys are known as parked in the store.</param>
/// <param name="dropped">Called with each delivery that waited and is left to the store.</param>
internal sealed class KeyGate(int capacity = int.MaxValue, Action<WorkItem>? dropped = null)
{
    /// <summary>How many deliveries wait in memory behind one busy key.</summary>
    public const int WaitingPerKey = 16;

    private readonly Dictionary<string, KeyState> _keys = new(StringComparer.Ordinal);
    private int _blocked;

    // A key may have parked deliveries behind others: such as come from a time when the consumer had no order, or have been left to the store when they were due.
    private bool _isIrregular;

    /// <summary>Keys with a delivery under way or parked, or looked up.</summary>
    public int BusyKeys => _keys.Count;

    /// <summary>Deliveries that wait in memory.</summary>
    public int Waiting { get; private set; }

    /// <summary>Whether what is known of its key decides about a delivery.</summary>
    public bool Knows(WorkItem item) => _keys.TryGetValue(item.OrderingKey!, out var key) && !(item.Id < key.Head && (key.IsBlocked || (key.IsParked && !key.IsCertain)));

    /// <summary>Takes a delivery in the order of commit; <see langword="true"/> if it may start now.</summary>
    /// <param name="item">It.</param>
    /// <param name="mayWait">Whether it may wait in memory: not if the store may have a parked one between it and the head.</param>
    public bool TryEnter(WorkItem item, bool mayWait = true)
    {
        if (!_keys.TryGetValue(item.OrderingKey!, out var key))
        {
            _keys.Add(item.OrderingKey!, new KeyState { Head = item.Id });
            return true;
        }

        if (key.IsParked && item.Id < key.Head)
        {
            // What is parked is not the first after all, as can be of deliveries from a time when the consumer had no order.
            Drop(key);
            (key.Head, key.IsParked, _isIrregular) = (item.Id, false, true);
            return true;
        }

        if (key.IsExpected && key.Head == item.Id)
        {
            key.IsExpected = false;
            return true;
        }

        if (key.IsBlocked)
        {
            return false;
        }

        if (!mayWait || key.Spilled || key.Waiting.Count >= WaitingPerKey || Waiting >= capacity)
        {
            key.Spilled = true;
            key.Drops++;
        }
        else
        {
            key.Waiting.Enqueue(item);
            Waiting++;
        }

        return false;
    }

    /// <summary>Takes a parked delivery that is due.</summary>
    /// <param name="item">It; left to the store unless it may start.</param>
    /// <param name="isComplete">Whether no delivery is parked in the store only, so that what is known of the key is all.</param>
    public KeyEntry EnterDue(WorkItem item, bool isComplete)
    {
        if (!_keys.TryGetValue(item.OrderingKey!, out var key))
        {
            _keys.Add(item.OrderingKey!, KeyState.Unknown());
            _isIrregular = true;
            return KeyEntry.Read;
        }

        if (key.IsParked && key.Head == item.Id)
        {
            if (key.IsCertain || isComplete)
            {
                key.IsParked = false;
                return KeyEntry.Start;
            }

            _isIrregular = true;
            Look(key);
            return KeyEntry.Read;
        }

        _isIrregular = true;
        if (!key.IsBlocked)
        {
            // Behind another one; it has its turn among those that wait.
            Drop(key);
        }

        return KeyEntry.Wait;
    }

    /// <summary>Whether the delivery waits in memory behind its key.</summary>
    public bool IsWaiting(WorkItem item) =>
        item.OrderingKey is not null && _keys.TryGetValue(item.OrderingKey, out var key) && key.Waiting.Any(waiting => waiting.Id == item.Id);

    /// <summary>Marks the key of a delivery that is under way as busy.</summary>
    public void Hold(WorkItem item) => _keys.TryAdd(item.OrderingKey!, new KeyState { Head = item.Id });

    /// <summary>The head of a key was put off; whether it is parked here, the buffer of what is delayed decides.</summary>
    public void ParkHead(WorkItem item)
    {
        if (_keys.TryGetValue(item.OrderingKey!, out var key) && key.Head == item.Id)
        {
            (key.IsParked, key.IsCertain) = (true, true);
        }
    }

    /// <summary>Marks the key of a parked delivery as busy.</summary>
    /// <param name="item">It; read from the store.</param>
    /// <param name="hasMissed">Whether later deliveries of the key may have been dropped.</param>
    public void Park(WorkItem item, bool hasMissed = false)
    {
        if (!_keys.TryGetValue(item.OrderingKey!, out var key))
        {
            _keys.Add(item.OrderingKey!, new KeyState { Head = item.Id, IsParked = true, Spilled = hasMissed || _isIrregular });
        }
        else if (key.IsBlocked)
        {
            // Perhaps not the one that was known as the head.
            _blocked--;
            _isIrregular |= key.Head != item.Id;
            (key.IsBlocked, key.Head, key.IsParked, key.IsCertain, key.Spilled) = (false, item.Id, true, false, true);
        }
        else if (key.IsParked && item.Id < key.Head)
        {
            Drop(key);
            (key.Head, key.IsCertain, _isIrregular) = (item.Id, false, true);
        }
        else if (key.Head != item.Id)
        {
            // It stands between the head and what waits.
            _isIrregular = true;
            Drop(key);
        }
    }

    /// <summary>A parked delivery is in the store only.</summary>
    public void Leave(WorkItem item)
    {
        if (!_keys.TryGetValue(item.OrderingKey!, out var key))
        {
            return;
        }

        Drop(key);
        if (!key.IsParked || key.Head != item.Id)
        {
            return;
        }

        if (_blocked < capacity)
        {
            _blocked++;
            (key.IsBlocked, key.IsParked) = (true, false);
        }
        else
        {
            _keys.Remove(item.OrderingKey!);
        }
    }

    /// <summary>Has the key looked up, of which nothing or too little is known.</summary>
    /// <returns>Whether it must be read now; otherwise it is read when it is free.</returns>
    public bool Ask(string orderingKey)
    {
        if (!_keys.TryGetValue(orderingKey, out var key))
        {
            _keys.Add(orderingKey, KeyState.Unknown());
            return true;
        }

        if (key.IsBlocked || (key.IsParked && !key.IsCertain))
        {
            Look(key);
            return true;
        }

        key.Spilled = true;
        key.Drops++;
        return false;
    }

    /// <summary>The head of a key has ended: the next one, or a need to read the key from the store.</summary>
    public KeyRelease Release(WorkItem ended, out WorkItem? next)
    {
        next = null;
        if (!_keys.TryGetValue(ended.OrderingKey!, out var key) || key.Head != ended.Id)
        {
            return KeyRelease.Free;
        }

        if (key.IsBlocked || key.IsExpected)
        {
            Look(key);
            return KeyRelease.Read;
        }

        (key.Head, key.IsParked) = (RecordId.None, false);
        if (TryNext(key, out next))
        {
            return KeyRelease.Next;
        }

        if (key.Spilled)
        {
            key.DropsAtRead = key.Drops;
            return KeyRelease.Read;
        }

        _keys.Remove(ended.OrderingKey!);
        return KeyRelease.Free;
    }

    /// <summary>Takes in what was read of a key: only what had been taken from the ready buffer before; the rest comes that way.</summary>
    /// <returns>The new head of the key, if any: it may start when it is due.</returns>
    public WorkItem? EndRead(string orderingKey, IReadOnlyList<WorkItem> items, bool complete, RecordId lastTaken)
    {
        var key = _keys[orderingKey];
        _isIrregular |= items.Skip(1).Any(item => item.DueAt is not null);
        foreach (var item in items)
        {
            if (item.DueAt is null && item.Id > lastTaken)
            {
                if (!_isIrregular)
                {
                    complete = true;
                    break;
                }

                // It comes that way; one that is parked behind it may come by no way but this one.
                if (key.Waiting.Count == 0)
                {
                    (key.Head, key.IsExpected) = (item.Id, true);
                    return null;
                }

                complete = false;
                break;
            }

            if (key.Waiting.Count > 0 && (item.DueAt is not null || Waiting >= capacity))
            {
                // Read again when it is its turn: it may be due by then, or parked.
                complete = false;
                break;
            }

            key.Waiting.Enqueue(item);
            Waiting++;
        }

        if (complete && key.Drops == key.DropsAtRead)
        {
            key.Spilled = false;
        }

        if (TryNext(key, out var next))
        {
            return next;
        }

        if (!key.Spilled)
        {
            _keys.Remove(orderingKey);
        }
        else
        {
            key.DropsAtRead = key.Drops;
        }

        return null;
    }

    /// <summary>Whether the head of the key is looked for in the store.</summary>
    public bool IsLookedUp(string orderingKey) => _keys.TryGetValue(orderingKey, out var key) && key.Head == RecordId.None;

    /// <summary>Whether the key must be read again: nothing came of the last read, but deliveries were dropped meanwhile.</summary>
    public bool NeedsRead(string orderingKey) => _keys.TryGetValue(orderingKey, out var key) && key.Spilled && !key.IsExpected && key.Waiting.Count == 0;

    private bool TryNext(KeyState key, out WorkItem? next)
    {
        if (!key.Waiting.TryDequeue(out next))
        {
            return false;
        }

        Waiting--;
        (key.Head, key.IsParked, key.IsCertain) = (next.Id, false, true);
        return true;
    }

    private void Look(KeyState key)
    {
        Drop(key);
        _blocked -= key.IsBlocked ? 1 : 0;
        (key.Head, key.IsParked, key.IsBlocked, key.IsExpected, key.DropsAtRead) = (RecordId.None, false, false, false, key.Drops);
    }

    private void Drop(KeyState key)
    {
        key.Spilled = true;
        key.Drops++;
        Waiting -= key.Waiting.Count;
        while (key.Waiting.TryDequeue(out var item))
        {
            dropped?.Invoke(item);
        }
    }

    private sealed class KeyState
    {
        /// <summary>The delivery that is under way or parked; none while the key is read.</summary>
        public RecordId Head { get; set; }

        /// <summary>The head waits in memory for its due time.</summary>
        public bool IsParked { get; set; }

        /// <summary>The head is known to be the first of its key.</summary>
        public bool IsCertain { get; set; }

        /// <summary>The head is parked in the store only.</summary>
        public bool IsBlocked { get; set; }

        /// <summary>The head comes from the ready buffer.</summary>
        public bool IsExpected { get; set; }

        public Queue<WorkItem> Waiting { get; } = new();

        public bool Spilled { get; set; }

        public long Drops { get; set; }

        public long DropsAtRead { get; set; }

        public static KeyState Unknown() => new() { Spilled = true };
    }
}

/// <summary>What becomes of a parked delivery that is due.</summary>
internal enum KeyEntry
{
    /// <summary>It may start.</summary>
    Start,

    /// <summary>Another one of its key comes first.</summary>
    Wait,

    /// <summary>The key must be read from the store.</summary>
    Read,
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
