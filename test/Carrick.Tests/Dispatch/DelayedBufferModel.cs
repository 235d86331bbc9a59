using Carrick.Dispatch;
using Carrick.Storage;

namespace Carrick.Tests.Dispatch;

/// <summary>A delayed buffer with the store, the clock and the runner around it, each step by itself.</summary>
internal sealed class DelayedBufferModel(int capacity, int pageSize)
{
    private readonly DelayedBuffer _buffer = new(capacity);
    private readonly Dictionary<RecordId, DateTimeOffset> _store = [];
    private readonly Dictionary<RecordId, WorkItem> _running = [];
    private readonly List<WorkItem> _putOff = [];
    private List<WorkItem>? _page;
    private DateTimeOffset _now = Work.Start;
    private int _stored;

    public void Step(int step, int number)
    {
        switch (step)
        {
            case 0:
                _now = _now.AddSeconds(number);
                break;
            case 1:
                // Its first attempt has failed.
                var item = Work.Item(++_stored);
                _running.Add(item.Id, item);
                PutOff(item, number);
                break;
            case 2 when _running.Count > _putOff.Count:
                PutOff(_running.Values.First(other => !_putOff.Contains(other)), number);
                break;
            case 3 when _putOff.Count > 0:
                End(_putOff[number % _putOff.Count]);
                break;
            case 4:
                BeginRead();
                break;
            case 5:
                EndRead();
                break;
            case 6:
                Take();
                break;
            case 7:
                Hurry(number);
                break;
        }
    }

    /// <summary>Runs on as a pump does, until every delivery was started after its last putting off.</summary>
    public void Finish()
    {
        while (_putOff.Count > 0)
        {
            End(_putOff[0]);
        }

        EndRead();
        for (var round = 0; _store.Count > 0; round++)
        {
            Assert.True(round < 2_000, $"{_store.Count} never came");
            while (_buffer.NeedsRead(_now))
            {
                BeginRead();
                EndRead();
            }

            Take();
            foreach (var item in _running.Values)
            {
                _store.Remove(item.Id);
            }

            _running.Clear();
            if (_store.Count > 0)
            {
                Assert.True(_buffer.NextTime is not null, "would sleep for ever");
                Assert.True(_buffer.NextTime <= _store.Values.Min(), "would sleep too long");
                _now = _buffer.NextTime > _now ? _buffer.NextTime.Value : _now;
            }
        }

        Assert.Equal(0, _buffer.Count);
    }

    private void PutOff(WorkItem item, int seconds)
    {
        _store[item.Id] = _now.AddSeconds(seconds);
        _putOff.Add(item);
    }

    private void End(WorkItem item)
    {
        _putOff.Remove(item);
        _running.Remove(item.Id);
        item.DueAt = _store[item.Id];
        _buffer.Add(item);
    }

    /// <summary>An operator makes a delivery due at once, wherever it is: it must not come from here any more.</summary>
    private void Hurry(int number)
    {
        var waiting = _store.Keys.Where(id => !_running.ContainsKey(id)).Order().ToArray();
        if (waiting.Length > 0)
        {
            var id = waiting[number % waiting.Length];
            _store.Remove(id);
            _buffer.Remove(id, out _);
        }
    }

    private void BeginRead()
    {
        if (_page is null && _buffer.NeedsRead(_now))
        {
            var after = _buffer.BeginRead();
            _page = [.. _store.Where(row => (row.Value, row.Key).CompareTo(after) > 0).OrderBy(row => (row.Value, row.Key)).Take(pageSize).Select(Copy)];
        }
    }

    private void EndRead()
    {
        if (_page is { } page)
        {
            _page = null;
            _buffer.EndRead(page, page.Count < pageSize, _running.Keys.ToHashSet());
        }
    }

    private void Take()
    {
        // The loop that reads is the one that takes.
        while (_page is null && _buffer.TryTakeDue(_now, out var item))
        {
            Assert.True(item!.DueAt <= _now, "before its time");
            Assert.Equal(_store[item.Id], item.DueAt);
            Assert.True(_running.TryAdd(item.Id, item), "started twice");
        }
    }

    private static WorkItem Copy(KeyValuePair<RecordId, DateTimeOffset> row)
    {
        var item = Work.Item((int)row.Key.Key);
        item.DueAt = row.Value;
        return item;
    }
}
