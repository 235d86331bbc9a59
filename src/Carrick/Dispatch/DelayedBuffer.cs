using System.Collections.Frozen;
using Carrick.Storage;

namespace Carrick.Dispatch;

/// <summary>
/// Deliveries with a due time, soonest first. Memory holds all that are due up to a horizon; what is due later stays in the store
/// and is read when the horizon comes near and half of the capacity is free. Not thread-safe: its pump's lock guards it.
/// </summary>
internal sealed class DelayedBuffer(int capacity)
{
    /// <summary>How far ahead of its due time a delivery is read from the store.</summary>
    public static readonly TimeSpan LookAhead = TimeSpan.FromSeconds(30);

    private readonly PriorityQueue<WorkItem, (DateTimeOffset Due, RecordId Id)> _heap = new();
    private readonly HashSet<RecordId> _ids = [];

    // Newer than what the read brings: what came in while it was under way, or null for what was taken out.
    private readonly Dictionary<RecordId, WorkItem?> _duringRead = [];
    private bool _reading;

    /// <summary>Everything up to here is in memory; <see langword="null"/>: everything is.</summary>
    public (DateTimeOffset Due, RecordId Id)? Horizon { get; private set; } = (DateTimeOffset.MinValue, RecordId.None);

    public int Count => _heap.Count;

    public bool Contains(RecordId id) => _ids.Contains(id);

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
        if (_heap.TryPeek(out item, out var key) && key.Due <= now)
        {
            _heap.Dequeue();
            _ids.Remove(item.Id);
            return true;
        }

        return false;
    }

    public bool Remove(RecordId id, out WorkItem? item)
    {
        if (_ids.Remove(id))
        {
            item = _heap.UnorderedItems.First(entry => entry.Element.Id == id).Element;
            return _heap.Remove(item, out _, out _);
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
            DateTimeOffset? next = _heap.TryPeek(out _, out var key) ? key.Due : null;
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

    private bool HasRoom => _heap.Count <= capacity / 2;

    private void Enqueue(WorkItem item, (DateTimeOffset Due, RecordId Id) key)
    {
        _heap.Enqueue(item, key);
        _ids.Add(item.Id);
    }

    private void Push(WorkItem item)
    {
        var key = KeyOf(item);
        if (Horizon is not null && key.CompareTo(Horizon.Value) > 0)
        {
            return;
        }

        Enqueue(item, key);
        if (_heap.Count > capacity)
        {
            Trim();
        }
    }

    private void Trim()
    {
        var kept = _heap.UnorderedItems.OrderBy(entry => entry.Priority).Take(capacity / 2).ToArray();
        _heap.Clear();
        _ids.Clear();
        foreach (var (element, priority) in kept)
        {
            Enqueue(element, priority);
        }

        Horizon = kept[^1].Priority;
    }
}
