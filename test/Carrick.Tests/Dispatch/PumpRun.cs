using System.Collections.Concurrent;
using Carrick.Dispatch;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Shards;
using Carrick.Storage;
using CsCheck;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Carrick.Tests.Dispatch;

/// <summary>A pump over work rows in memory and a runner that ends or puts off by chance, watching for doubles and broken order.</summary>
internal sealed class PumpRun : IDeliveryRunner
{
    private readonly Lock _gate = new();
    private readonly RecordIdGenerator _ids = new(TimeProvider.System, 7, 0);
    private readonly ConcurrentDictionary<RecordId, (string? Key, DateTimeOffset? Due)> _known = new();
    private readonly ConcurrentDictionary<RecordId, DateTimeOffset> _startedAt = new();
    private readonly List<RecordId> _started = [];
    private readonly List<RecordId> _stored = [];
    private readonly HashSet<RecordId> _ended = [];
    private readonly Dictionary<string, RecordId> _lastEnded = [];
    private readonly HashSet<string> _busy = [];
    private readonly List<(WorkItem Item, ConsumerPump Pump)> _held = [];
    private readonly OrderingMode _order;
    private readonly double _retryChance;
    private readonly PCG _random;
    private bool _hold;

    public PumpRun(
        OrderingMode order, double retryChance, PCG random, int concurrency, bool hold = false, ILogger? logger = null, RateLimit? rate = null,
        DateTimeOffset? gate = null)
    {
        _order = order;
        _retryChance = retryChance;
        _random = random;
        _hold = hold;
        var definition = new EndpointDefinition
        {
            Name = "test/t",
            Integration = "test",
            Url = new Uri("http://127.0.0.1:9/"),
            Concurrency = concurrency,
            Order = order,
            Rate = rate,
        };
        Pump = new ConsumerPump(
            definition, new ConsumerState(1, null, null, gate), default, this, Work, new BodyBudget(10_000),
            new CarrickOptions { ConsumerBuffer = 16 }, TimeProvider.System, logger ?? NullLogger.Instance, Shards);
    }

    public FakeWork Work { get; } = new();

    public ConsumerPump Pump { get; }

    public string? Violation { get; private set; }

    /// <summary>The lease of the pump's node.</summary>
    public ShardSet Shards { get; } = new(ShardSet.All);

    /// <summary>The shards that are the pump's.</summary>
    public ulong Owned { get; private set; } = ShardSet.All;

    /// <summary>Gives shards up, as a node does: what is committed in them from then on is not handed to the pump.</summary>
    public async Task LeaveAsync(ulong shards, TimeSpan limit)
    {
        Work.Serving = Owned & ~shards;
        await Pump.LeaveAsync(shards).WaitAsync(limit);
        lock (_gate)
        {
            Owned &= ~shards;
        }

        Pump.Depth.Add(Work.DepthOf(shards), -1);
    }

    public void Own(ulong shards)
    {
        lock (_gate)
        {
            Owned |= shards;
            Work.Serving = Owned;
        }

        Pump.Depth.Add(Work.DepthOf(shards), 1);
        Pump.Own(shards);
    }

    public IReadOnlyList<RecordId> Started
    {
        get
        {
            lock (_gate)
            {
                return [.. _started];
            }
        }
    }

    public IReadOnlyList<RecordId> Stored => _stored;

    public string? KeyOf(RecordId id) => _known[id].Key;

    public DateTimeOffset DueOf(RecordId id) => _known[id].Due!.Value;

    public DateTimeOffset StartedAt(RecordId id) => _startedAt[id];

    /// <summary>A row that is there before the pump starts.</summary>
    public RecordId Store(string? key, TimeSpan? dueIn = null)
    {
        var item = New(key, dueIn is { } wait ? TimeProvider.System.GetUtcNow() + wait : null);
        Work.Put(item);
        _stored.Add(item.Id);
        if (item.DueAt is null)
        {
            Pump.Depth.Added();
        }
        else
        {
            Pump.Depth.Added();
            Pump.Depth.Delayed(wasDelayed: false);
        }

        return item.Id;
    }

    /// <summary>A row that is committed and handed off while the pump runs.</summary>
    public RecordId Commit(string? key)
    {
        var item = New(key, null);
        Work.Put(item);
        if (!ShardSet.Contains(Owned, item.Shard))
        {
            return item.Id;
        }

        item.Event = FakeWork.Event(item.EventId);
        Pump.Offer(item);
        Pump.Wake();
        return item.Id;
    }

    /// <summary>Makes a row due at once, as the store does, and says what it was.</summary>
    public WorkItem Requeue(RecordId id)
    {
        var was = Work.FindAsync(id, CancellationToken.None).AsTask().GetAwaiter().GetResult()!;
        var now = Work.FindAsync(id, CancellationToken.None).AsTask().GetAwaiter().GetResult()!;
        now.DueAt = null;
        Work.Put(now);
        return was;
    }

    public void Discard(RecordId id)
    {
        var item = Work.FindAsync(id, CancellationToken.None).AsTask().GetAwaiter().GetResult()!;
        Work.Remove(id);
        Pump.Forget(item);
    }

    public void Start(WorkItem item, ConsumerPump pump)
    {
        lock (_gate)
        {
            Check(item);
            _started.Add(item.Id);
            _startedAt[item.Id] = TimeProvider.System.GetUtcNow();
            if (_hold)
            {
                _held.Add((item, pump));
                return;
            }
        }

        Task.Run(() => End(item, pump));
    }

    public void ReleaseHeld()
    {
        List<(WorkItem, ConsumerPump)> held;
        lock (_gate)
        {
            _hold = false;
            held = [.. _held];
        }

        foreach (var (item, pump) in held)
        {
            End(item, pump);
        }
    }

    /// <summary>Ends what is held as put off, the way the finisher tells it.</summary>
    public void PutOffHeld(TimeSpan dueIn)
    {
        List<(WorkItem Item, ConsumerPump Pump)> held;
        lock (_gate)
        {
            held = [.. _held];
            _held.Clear();
            held.ForEach(entry => _busy.Remove(entry.Item.OrderingKey ?? string.Empty));
        }

        foreach (var (item, pump) in held)
        {
            var wasDelayed = item.DueAt is not null;
            item.DueAt = TimeProvider.System.GetUtcNow() + dueIn;
            item.Attempts++;
            pump.Depth.Delayed(wasDelayed);
            pump.Ended(item, DeliveryEnd.PutOff);
        }
    }

    /// <summary>Ends what is held as gone from the store by somebody else's doing.</summary>
    public void LoseHeld()
    {
        List<(WorkItem Item, ConsumerPump Pump)> held;
        lock (_gate)
        {
            held = [.. _held];
            _held.Clear();
        }

        held.ForEach(entry => entry.Pump.Ended(entry.Item, DeliveryEnd.Lost));
    }

    public Task WhenDoneAsync(int count, TimeSpan limit, string? what = null) => WhenAsync(() => _ended.Count >= count, limit, what ?? "done");

    public Task WhenStartedAsync(int count, TimeSpan limit) => WhenAsync(() => _started.Count >= count, limit, "started");

    public Task WhenReadAsync(TimeSpan limit) => WhenAsync(() => Work.Reads >= 2, limit, "read");

    private static async Task WaitTurnAsync() => await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);

    private async Task WhenAsync(Func<bool> condition, TimeSpan limit, string what)
    {
        var until = TimeProvider.System.GetUtcNow() + limit;
        while (true)
        {
            lock (_gate)
            {
                if (condition() || Violation is not null)
                {
                    return;
                }
            }

            if (TimeProvider.System.GetUtcNow() > until)
            {
                Assert.Fail($"Timed out ({what}): {_ended.Count} ended, {_started.Count} started, {Work.Count} rows left, depth {Pump.Depth.Value}.");
            }

            await WaitTurnAsync();
        }
    }

    private WorkItem New(string? key, DateTimeOffset? due)
    {
        var ordering = _order == OrderingMode.None ? null : key;
        var item = new WorkItem { Id = _ids.Next(), Consumer = 1, EventId = _ids.Next(), OrderingKey = ordering, DueAt = due, Shard = (key ?? "").Sum(unit => unit) % 4 };
        _known[item.Id] = (ordering, due);
        return item;
    }

    private void Check(WorkItem item)
    {
        if (_ended.Contains(item.Id))
        {
            Violation ??= $"{item.Id} started again after its end";
        }

        if (!ShardSet.Contains(Owned, item.Shard))
        {
            Violation ??= $"{item.Id} started in shard {item.Shard}, which was given up";
        }

        if (item.Event is null)
        {
            Violation ??= $"{item.Id} started without its event";
        }

        if (item.OrderingKey is { } key)
        {
            if (!_busy.Add(key))
            {
                Violation ??= $"two of key {key} at once";
            }

            if (_lastEnded.TryGetValue(key, out var last) && last > item.Id)
            {
                Violation ??= $"{item.Id} of key {key} after a newer one";
            }
        }
    }

    private void End(WorkItem item, ConsumerPump pump)
    {
        bool retry;
        lock (_gate)
        {
            retry = _random.Next(1_000) < _retryChance * 1_000;
            if (item.OrderingKey is { } key)
            {
                _busy.Remove(key);
                if (!retry)
                {
                    _lastEnded[key] = item.Id;
                }
            }
        }

        var wasDelayed = item.DueAt is not null;
        if (retry)
        {
            item.DueAt = TimeProvider.System.GetUtcNow() + TimeSpan.FromMilliseconds(_random.Next(5u));
            Work.Put(item);
            pump.Depth.Delayed(wasDelayed);
            pump.Ended(item, DeliveryEnd.PutOff);
        }
        else
        {
            Work.Remove(item.Id);
            pump.Depth.Removed(wasDelayed);
            lock (_gate)
            {
                // Last: who waits for the end looks at the rows and the depth.
                _ended.Add(item.Id);
            }

            pump.Ended(item, DeliveryEnd.Gone);
        }
    }
}
