using System.Collections.Frozen;
using Carrick.Storage;

namespace Carrick.Dispatch;

/// <summary>
/// Deliveries with a due time, soonest first. Memory holds all that are due up to a horizon; what is due later stays in the store
/// and is read when the horizon comes near and half of the capacity is free. Not thread-safe: its pump's lock guards it.
/// </summary>
/// <param name="capacity">How many it holds.</param>
/// <param name="left">Called with each delivery that is left to the store because there is no room.</param>
internal sealed class DelayedBuffer(int capacity, Action<WorkItem>? left = null)
{
    /// <summary>How far ahead of its due time a delivery is read from the store.</summary>
    public static readonly TimeSpan LookAhead = TimeSpan.FromSeconds(30);

    private const int SmallHeap = 64;

    private readonly PriorityQueue<WorkItem, (DateTimeOffset Due, RecordId Id)> _heap = new();

    // What is removed stays in the heap until it comes up or there is as much of it as of the rest: finding it there would be a search through all.
    private readonly Dictionary<RecordId, WorkItem> _items = [];

    // Newer than what the read brings: what came in while it was under way, or null for what was taken out.
    private readonly Dictionary<RecordId, WorkItem?> _duringRead = [];
    private bool _reading;

    /// <summary>Everything up to here is in memory; <see langword="null"/>: everything is.</summary>
    public (DateTimeOffset Due, RecordId Id)? Horizon { get; private set; } = (DateTimeOffset.MinValue, RecordId.None);

    public int Count => _items.Count;

    /// <summary>What the heap holds, with what was removed from the buffer.</summary>
    public int Entries => _heap.Count;

    /// <summary>How many entries were moved to get rid of removed ones.</summary>
    public long Moved { get; private set; }

    public bool HasRoom => _items.Count <= capacity / 2;

    public bool Contains(RecordId id) => _items.ContainsKey(id);

    public void Add(WorkItem item)
    {
        if (_reading)
        {
            _duringRead[item.Id] = item;
        }
        else
        {
            Push(item);
        }
    }

    public bool TryTakeDue(DateTimeOffset now, out WorkItem? item)
    {
        if (TryPeek(out item, out var due) && due <= now)
        {
            _heap.Dequeue();
            _items.Remove(item!.Id);
            return true;
        }

        return false;
    }

    public bool Remove(RecordId id, out WorkItem? item)
    {
        if (_items.Remove(id, out item))
        {
            if (_heap.Count > (2 * _items.Count) + SmallHeap)
            {
                Rebuild();
            }

            return true;
        }

        _duringRead.Remove(id, out item);
        if (_reading)
        {
            _duringRead.Add(id, null);
        }

        return item is not null;
    }

    /// <summary>When to look again: the next due time, or the time to read on.</summary>
    public DateTimeOffset? NextTime
    {
        get
        {
            DateTimeOffset? next = TryPeek(out _, out var due) ? due : null;
            if (Horizon is null || !HasRoom)
            {
                return next;
            }

            var horizon = Horizon.Value.Due;
            var read = horizon - DateTimeOffset.MinValue > LookAhead ? horizon - LookAhead : DateTimeOffset.MinValue;
            return next is null || read < next ? read : next;
        }
    }

    public bool NeedsRead(DateTimeOffset now) => HasRoom && Horizon?.Due <= now + LookAhead;

    public (DateTimeOffset Due, RecordId Id) BeginRead()
    {
        _reading = true;
        return Horizon!.Value;
    }

    /// <summary>Takes in what was read after the horizon. <paramref name="complete"/>: the store has no more.</summary>
    /// <remarks>
    /// What was <paramref name="taken"/> out before and has not ended yet is left to its end, which adds it if it was put off: taken in now
    /// it would be here twice.
    /// </remarks>
    /// <returns>What was taken in.</returns>
    public IReadOnlyList<WorkItem> EndRead(IReadOnlyList<WorkItem> items, bool complete, IReadOnlySet<RecordId> taken)
    {
        _reading = false;
        List<WorkItem> entered = [];
        foreach (var item in items)
        {
            if (!taken.Contains(item.Id) && !_duringRead.ContainsKey(item.Id))
            {
                Enqueue(item, KeyOf(item));
                entered.Add(item);
            }
        }

        Horizon = complete ? null : items.Count > 0 ? KeyOf(items[^1]) : Horizon;
        foreach (var item in _duringRead.Values)
        {
            if (item is not null)
            {
                Push(item);
            }
        }

        _duringRead.Clear();
        return entered;
    }

    /// <summary>A read failed: the horizon stays, nothing is lost.</summary>
    public void AbandonRead() => EndRead([], complete: false, FrozenSet<RecordId>.Empty);

    private static (DateTimeOffset Due, RecordId Id) KeyOf(WorkItem item) => (item.DueAt!.Value, item.Id);

    /// <summary>The next one, after those are gone that were removed.</summary>
    private bool TryPeek(out WorkItem? item, out DateTimeOffset due)
    {
        while (_heap.TryPeek(out item, out var key))
        {
            // One that was removed may have come back, as the same object with another due time.
            if (_items.TryGetValue(item.Id, out var here) && ReferenceEquals(here, item) && KeyOf(item) == key)
            {
                due = key.Due;
                return true;
            }

            _heap.Dequeue();
        }

        due = default;
        return false;
    }

    private void Enqueue(WorkItem item, (DateTimeOffset Due, RecordId Id) key)
    {
        _heap.Enqueue(item, key);
        _items[item.Id] = item;
    }

    private void Push(WorkItem item)
    {
        var key = KeyOf(item);
        if (Horizon is not null && key.CompareTo(Horizon.Value) > 0)
        {
            left?.Invoke(item);
            return;
        }

        Enqueue(item, key);
        if (_items.Count > capacity)
        {
            Trim();
        }
    }

    private void Trim()
    {
        var all = _items.Values.OrderBy(KeyOf).ToArray();
        var kept = all.AsSpan(0, capacity / 2);
        _items.Clear();
        foreach (var item in kept)
        {
            _items.Add(item.Id, item);
        }

        Rebuild();
        Horizon = KeyOf(kept[^1]);
        for (var i = kept.Length; i < all.Length; i++)
        {
            left?.Invoke(all[i]);
        }
    }

    private void Rebuild()
    {
        _heap.Clear();
        _heap.EnqueueRange(_items.Values.Select(item => (item, KeyOf(item))));
        Moved += _items.Count;
    }
}
