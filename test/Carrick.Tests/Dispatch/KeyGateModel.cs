using Carrick.Dispatch;
using Carrick.Storage;

namespace Carrick.Tests.Dispatch;

/// <summary>A key gate with the pump and the store around it, each step by itself.</summary>
internal sealed class KeyGateModel
{
    private readonly KeyGate _gate = new();
    private readonly SortedDictionary<RecordId, WorkItem> _store = [];
    private readonly List<WorkItem> _running = [];
    private readonly Queue<string> _toRead = new();
    private readonly Dictionary<string, RecordId> _last = [];
    private (string Key, List<WorkItem> Page)? _reading;
    private RecordId _lastTaken;
    private int _arrived;
    private int _started;

    public void Arrive(string key)
    {
        var item = Work.Item(++_arrived, key);
        _store.Add(item.Id, item);
        _lastTaken = item.Id;
        if (_gate.TryEnter(item))
        {
            Start(item);
        }
    }

    public void EndOne()
    {
        if (_running.Count == 0)
        {
            return;
        }

        var item = _running[_arrived % _running.Count];
        _running.Remove(item);
        _store.Remove(item.Id);
        switch (_gate.Release(item, out var next))
        {
            case KeyRelease.Next:
                Start(next!);
                break;
            case KeyRelease.Read:
                _toRead.Enqueue(item.OrderingKey!);
                break;
        }
    }

    public void BeginRead()
    {
        if (_reading is null && _toRead.TryDequeue(out var key))
        {
            _reading = (key, [.. _store.Values.Where(item => item.OrderingKey == key).Take(KeyGate.WaitingPerKey)]);
        }
    }

    public void EndRead()
    {
        if (_reading is not { } read)
        {
            return;
        }

        _reading = null;
        if (_gate.EndRead(read.Key, read.Page, read.Page.Count < KeyGate.WaitingPerKey, _lastTaken) is { } next)
        {
            Start(next);
        }
        else if (_gate.NeedsRead(read.Key))
        {
            _toRead.Enqueue(read.Key);
        }
    }

    /// <summary>Ends and reads until nothing is left, and checks that everything ran.</summary>
    public void Finish()
    {
        for (var round = 0; _running.Count > 0 || _toRead.Count > 0 || _reading is not null; round++)
        {
            Assert.True(round <= _arrived + 2, "does not come to an end");
            BeginRead();
            EndRead();
            EndOne();
        }

        Assert.Equal(_arrived, _started);
        Assert.Empty(_store);
        Assert.Equal(0, _gate.BusyKeys);
    }

    private void Start(WorkItem item)
    {
        Assert.DoesNotContain(_running, other => other.OrderingKey == item.OrderingKey);
        Assert.True(item.Id > _last.GetValueOrDefault(item.OrderingKey!), "out of order or twice");
        _last[item.OrderingKey!] = item.Id;
        _running.Add(item);
        _started++;
    }
}
