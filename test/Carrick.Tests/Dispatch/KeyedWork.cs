using Carrick.Storage;

namespace Carrick.Tests.Dispatch;

/// <summary>Work rows of one consumer with order, each read by an index, so that there can be many.</summary>
internal sealed class KeyedWork : IWorkReader
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<RecordId, WorkItem> _rows = [];
    private readonly SortedSet<RecordId> _ready = [];
    private readonly SortedSet<(DateTimeOffset Due, RecordId Id)> _delayed = [];
    private readonly Dictionary<string, SortedSet<RecordId>> _keys = [];

    public int KeyReads { get; private set; }

    /// <summary>Told of what is read, by key.</summary>
    public Action<string, string>? Told { get; set; }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _rows.Count;
            }
        }
    }

    public ConsumerDepth Depth
    {
        get
        {
            lock (_gate)
            {
                return new ConsumerDepth(_ready.Count, _delayed.Count, 0);
            }
        }
    }

    public void Put(WorkItem row)
    {
        lock (_gate)
        {
            Take(row.Id);
            _rows[row.Id] = Copy(row);
            (_keys.TryGetValue(row.OrderingKey!, out var key) ? key : _keys[row.OrderingKey!] = []).Add(row.Id);
            if (row.DueAt is { } due)
            {
                _delayed.Add((due, row.Id));
            }
            else
            {
                _ready.Add(row.Id);
            }
        }
    }

    /// <summary>Runs what tells of a change together with the change: no read comes between.</summary>
    public T Together<T>(Func<T> change)
    {
        lock (_gate)
        {
            return change();
        }
    }

    /// <summary>Takes a row away and says what it was.</summary>
    public WorkItem? Remove(RecordId id)
    {
        lock (_gate)
        {
            return Take(id);
        }
    }

    /// <summary>Makes a row due at once and says what it was.</summary>
    public WorkItem? Requeue(RecordId id)
    {
        lock (_gate)
        {
            if (Take(id) is not { } was)
            {
                return null;
            }

            var row = Copy(was);
            row.DueAt = null;
            Put(row);
            return was;
        }
    }

    /// <summary>The oldest row of a key.</summary>
    public RecordId? HeadOf(string key)
    {
        lock (_gate)
        {
            return _keys.TryGetValue(key, out var ids) && ids.Count > 0 ? ids.Min : null;
        }
    }

    /// <summary>The row at a place among those that are delayed, from the latest.</summary>
    public WorkItem? Latest(int place)
    {
        lock (_gate)
        {
            return _delayed.Count == 0 ? null : Copy(_rows[_delayed.Reverse().Skip(place % _delayed.Count).First().Id]);
        }
    }

    public ValueTask<IReadOnlyList<WorkItem>> ReadReadyAsync(int consumer, RecordId after, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            WorkItem[] page = [.. _ready.GetViewBetween(after, RecordId.FromKey(long.MaxValue >> 4, ulong.MaxValue)).Where(id => id != after).Take(limit).Select(id => Copy(_rows[id]))];
            Tell("ready", page, null);
            return new(page);
        }
    }

    public ValueTask<IReadOnlyList<WorkItem>> ReadDelayedAsync(
        int consumer, DateTimeOffset afterDue, RecordId afterId, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            WorkItem[] page = [.. _delayed.GetViewBetween((afterDue, afterId), (DateTimeOffset.MaxValue, RecordId.None))
                .Where(key => key != (afterDue, afterId)).Take(limit).Select(key => Copy(_rows[key.Id]))];
            Tell("delayed", page, null);
            return new(page);
        }
    }

    public ValueTask<IReadOnlyList<WorkItem>> ReadKeyAsync(int consumer, string orderingKey, RecordId after, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            KeyReads++;
            WorkItem[] page = _keys.TryGetValue(orderingKey, out var ids) ? [.. ids.Where(id => id > after).Take(limit).Select(id => Copy(_rows[id]))] : [];
            Tell("key", page, orderingKey);
            return new(page);
        }
    }

    public ValueTask<IReadOnlyList<EventRecord>> ReadEventsAsync(IReadOnlyCollection<RecordId> ids, CancellationToken cancellationToken) => new([.. ids.Select(FakeWork.Event)]);

    public ValueTask<WorkItem?> FindAsync(RecordId delivery, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<long?> FindVersionAsync(int consumer, string subject, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyDictionary<int, ConsumerDepth>> CountAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<ReplayJob>> ReadOpenReplaysAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    private static WorkItem Copy(WorkItem row) => new()
    {
        Id = row.Id,
        Consumer = row.Consumer,
        EventId = row.EventId,
        OrderingKey = row.OrderingKey,
        DueAt = row.DueAt,
        Attempts = row.Attempts,
    };

    private void Tell(string what, WorkItem[] page, string? key)
    {
        if (Told is not { } told)
        {
            return;
        }

        foreach (var rows in page.GroupBy(row => row.OrderingKey!))
        {
            told(rows.Key, $"read as {what}: {string.Join(", ", rows.Select(row => row.DueAt is null ? $"{row.Id.Key}" : $"{row.Id.Key} delayed"))}");
        }

        if (key is not null && page.Length == 0)
        {
            told(key, $"read as {what}: nothing");
        }
    }

    private WorkItem? Take(RecordId id)
    {
        if (!_rows.Remove(id, out var row))
        {
            return null;
        }

        _keys[row.OrderingKey!].Remove(id);
        if (row.DueAt is { } due)
        {
            _delayed.Remove((due, id));
        }
        else
        {
            _ready.Remove(id);
        }

        return row;
    }
}
