using Carrick.Storage;

namespace Carrick.Dispatch;

/// <summary>
/// Deliveries that are due at once, in the order of commit. When it is full, hand-offs are dropped and the rest is read from the
/// store by keyset; when the store has no more, hand-offs count again. Not thread-safe: its pump's lock guards it.
/// </summary>
internal sealed class ReadyBuffer(int capacity)
{
    private readonly Queue<WorkItem> _items = new();
    private RecordId _newestDropped;
    private RecordId _newestAtRead;

    /// <summary>The store may have work that is not here. True at the start.</summary>
    public bool Spilled { get; private set; } = true;

    /// <summary>The newest delivery that came in, here or taken.</summary>
    public RecordId Cursor { get; private set; }

    /// <summary>The newest delivery that was taken.</summary>
    public RecordId LastTaken { get; private set; }

    public int Count => _items.Count;

    /// <returns><see langword="false"/> if the hand-off was dropped.</returns>
    public bool Offer(WorkItem item)
    {
        if (item.Id <= Cursor)
        {
            // A read between the commit and its hand-off has brought it already.
            return false;
        }

        if (Spilled || _items.Count >= capacity)
        {
            Spilled = true;
            _newestDropped = item.Id;
            return false;
        }

        _items.Enqueue(item);
        Cursor = item.Id;
        return true;
    }

    public bool TryTake(out WorkItem? item)
    {
        if (_items.TryDequeue(out item))
        {
            LastTaken = item.Id;
            return true;
        }

        return false;
    }

    /// <summary>Everything that is here.</summary>
    public IEnumerable<WorkItem> Items => _items;

    public bool Contains(RecordId id) => _items.Any(item => item.Id == id);

    /// <summary>Whether nothing older than this is still to come from here.</summary>
    public bool HasNoneBefore(RecordId id) => _items.TryPeek(out var first) ? first.Id > id : !Spilled || Cursor >= id;

    public bool NeedsRead => Spilled && _items.Count <= capacity / 2;

    /// <summary>How many to read, after <see cref="Cursor"/>.</summary>
    public int BeginRead()
    {
        _newestAtRead = _newestDropped;
        return capacity - _items.Count;
    }

    /// <summary>Takes in what was read, except for what <paramref name="belongs"/> refuses: that is elsewhere in memory.</summary>
    public void EndRead(IReadOnlyList<WorkItem> items, int asked, Predicate<WorkItem>? belongs = null)
    {
        foreach (var item in items)
        {
            Cursor = item.Id;
            if (belongs?.Invoke(item) != false)
            {
                _items.Enqueue(item);
            }
        }

        // What was dropped before the read began is in the read; what was dropped since may not be.
        if (items.Count < asked && _newestDropped == _newestAtRead)
        {
            Spilled = false;
        }
    }
}
