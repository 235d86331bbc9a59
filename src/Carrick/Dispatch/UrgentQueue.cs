using System.Diagnostics.CodeAnalysis;
using Carrick.Storage;

namespace Carrick.Dispatch;

/// <summary>Deliveries that start before all others, in the order in which they came; each is found by its id. Not thread-safe: its pump's lock guards it.</summary>
internal sealed class UrgentQueue
{
    private readonly Queue<WorkItem> _items = new();
    private readonly Dictionary<RecordId, WorkItem> _byId = [];

    public int Count => _items.Count;

    public IEnumerable<WorkItem> Items => _items;

    public void Enqueue(WorkItem item)
    {
        _items.Enqueue(item);
        _byId[item.Id] = item;
    }

    public bool TryDequeue([NotNullWhen(true)] out WorkItem? item)
    {
        if (_items.TryDequeue(out item))
        {
            _byId.Remove(item.Id);
            return true;
        }

        return false;
    }

    public WorkItem? Find(RecordId id) => _byId.GetValueOrDefault(id);

    public void Clear()
    {
        _items.Clear();
        _byId.Clear();
    }
}
