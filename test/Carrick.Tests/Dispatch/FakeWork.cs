using Carrick.Shards;
using Carrick.Storage;

namespace Carrick.Tests.Dispatch;

/// <summary>Work rows in memory, read as a store would.</summary>
internal sealed class FakeWork : IWorkReader
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<RecordId, WorkItem> _rows = [];
    private readonly SortedSet<(DateTimeOffset Due, RecordId Id)> _delayed = [];
    private int _failures;
    private Func<Exception> _failure = Planted;

    public int Reads { get; private set; }

    /// <summary>Rows that were read because they are delayed.</summary>
    public int DelayedRead { get; private set; }

    /// <summary>Called while a read is under way: its rows are chosen, and not yet told.</summary>
    public Action<string>? Reading { get; set; }

    /// <summary>The shards whose rows are read.</summary>
    public ulong Serving { get; set; } = ShardSet.All;

    /// <summary>Rows of these shards.</summary>
    public ConsumerDepth DepthOf(ulong shards)
    {
        lock (_gate)
        {
            var rows = _rows.Values.Where(row => ShardSet.Contains(shards, row.Shard)).ToList();
            return new ConsumerDepth(rows.Count(row => row.DueAt is null), rows.Count(row => row.DueAt is not null), 0);
        }
    }

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

    public void Put(WorkItem row)
    {
        lock (_gate)
        {
            Forget(row.Id);
            _rows[row.Id] = Copy(row);
            if (row.DueAt is { } due)
            {
                _delayed.Add((due, row.Id));
            }
        }
    }

    public bool Remove(RecordId id)
    {
        lock (_gate)
        {
            Forget(id);
            return _rows.Remove(id);
        }
    }

    public void FailNextReads(int count, Func<Exception>? failure = null) => (_failures, _failure) = (count, failure ?? Planted);

    private static StoreException Planted() => new("Planted.", StoreFailure.Transient);

    public ValueTask<IReadOnlyList<WorkItem>> ReadReadyAsync(int consumer, RecordId after, int limit, CancellationToken cancellationToken) =>
        Read(row => row.DueAt is null && row.Id > after, limit);

    public ValueTask<IReadOnlyList<WorkItem>> ReadDelayedAsync(
        int consumer, DateTimeOffset afterDue, RecordId afterId, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Count1();
            WorkItem[] page = [.. _delayed.GetViewBetween((afterDue, afterId), (DateTimeOffset.MaxValue, RecordId.None))
                .Where(key => key != (afterDue, afterId) && ShardSet.Contains(Serving, _rows[key.Id].Shard)).Take(limit).Select(key => Copy(_rows[key.Id]))];
            DelayedRead += page.Length;
            return new(page);
        }
    }

    public ValueTask<IReadOnlyList<WorkItem>> ReadKeyAsync(int consumer, string orderingKey, RecordId after, int limit, CancellationToken cancellationToken) =>
        Read(row => row.OrderingKey == orderingKey && row.Id > after, limit);

    public ValueTask<WorkItem?> FindAsync(RecordId delivery, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return new(_rows.TryGetValue(delivery, out var row) ? Copy(row) : null);
        }
    }

    public ValueTask<IReadOnlyList<EventRecord>> ReadEventsAsync(IReadOnlyCollection<RecordId> ids, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Count1();
            Reading?.Invoke("events");
            return new([.. ids.Select(Event)]);
        }
    }

    public ValueTask<long?> FindVersionAsync(int consumer, string subject, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyDictionary<int, ConsumerDepth>> CountAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<ReplayJob>> ReadOpenReplaysAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public static EventRecord Event(RecordId id) => new()
    {
        Id = id,
        Integration = "test",
        Type = "t",
        MessageId = id.ToString(),
        Body = new byte[10],
        ReceivedAt = id.CreatedAt,
    };

    private ValueTask<IReadOnlyList<WorkItem>> Read(Func<WorkItem, bool> where, int limit)
    {
        lock (_gate)
        {
            Count1();
            WorkItem[] page = [.. _rows.Values.Where(row => ShardSet.Contains(Serving, row.Shard) && where(row)).Take(limit).Select(Copy)];
            Reading?.Invoke("work");
            return new(page);
        }
    }

    private void Forget(RecordId id)
    {
        if (_rows.TryGetValue(id, out var old) && old.DueAt is { } due)
        {
            _delayed.Remove((due, id));
        }
    }

    private void Count1()
    {
        Reads++;
        if (_failures > 0)
        {
            _failures--;
            throw _failure();
        }
    }

    private static WorkItem Copy(WorkItem row) => new()
    {
        Id = row.Id,
        Consumer = row.Consumer,
        EventId = row.EventId,
        OrderingKey = row.OrderingKey,
        DueAt = row.DueAt,
        Attempts = row.Attempts,
        Failures = row.Failures,
        Shard = row.Shard,
    };
}
