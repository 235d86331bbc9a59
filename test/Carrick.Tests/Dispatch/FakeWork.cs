using Carrick.Storage;

namespace Carrick.Tests.Dispatch;

/// <summary>Work rows in memory, read as a store would.</summary>
internal sealed class FakeWork : IWorkReader
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<RecordId, WorkItem> _rows = [];
    private int _failures;

    public int Reads { get; private set; }

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
            _rows[row.Id] = Copy(row);
        }
    }

    public bool Remove(RecordId id)
    {
        lock (_gate)
        {
            return _rows.Remove(id);
        }
    }

    public void FailNextReads(int count) => _failures = count;

    public ValueTask<IReadOnlyList<WorkItem>> ReadReadyAsync(int consumer, RecordId after, int limit, CancellationToken cancellationToken) =>
        Read(row => row.DueAt is null && row.Id > after, limit);

    public ValueTask<IReadOnlyList<WorkItem>> ReadDelayedAsync(
        int consumer, DateTimeOffset afterDue, RecordId afterId, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Count1();
            return new([.. _rows.Values.Where(row => row.DueAt is { } due && (due, row.Id).CompareTo((afterDue, afterId)) > 0)
                .OrderBy(row => (row.DueAt, row.Id)).Take(limit).Select(Copy)]);
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
            return new([.. _rows.Values.Where(where).Take(limit).Select(Copy)]);
        }
    }

    private void Count1()
    {
        Reads++;
        if (_failures > 0)
        {
            _failures--;
            throw new StoreException("Planted.", StoreFailure.Transient);
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
    };
}
