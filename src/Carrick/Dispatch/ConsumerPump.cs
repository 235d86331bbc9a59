using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Storage;
using Microsoft.Extensions.Logging;

namespace Carrick.Dispatch;

/// <summary>
/// Brings the deliveries of one consumer to its runner: hand-offs from the commit queue, retries at their due time, and what
/// did not fit into memory from the store. It keeps to the consumer's concurrency, order, rate, gate and disabled state, so that
/// a slow consumer holds up nobody else. One loop reads and starts; everything else only changes state under the lock and wakes it.
/// </summary>
internal sealed partial class ConsumerPump : IDisposable
{
    private const int ReadPage = 512;
    private const int DelayedCapacity = 16_384;
    private static readonly TimeSpan AfterFailedRead = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly ReadyBuffer _ready;
    private readonly DelayedBuffer _delayed;
    private readonly KeyGate? _keys;
    private readonly Queue<WorkItem> _urgent = new();
    private readonly Queue<string> _keysToRead = new();
    private readonly Dictionary<RecordId, WorkItem> _running = [];
    private readonly HashSet<RecordId> _forgotten = [];
    private readonly HashSet<RecordId> _hurried = [];
    private readonly List<WorkItem> _starting = [];
    private readonly Wakeup _wakeup;
    private readonly IDeliveryRunner _runner;
    private readonly IWorkReader _reader;
    private readonly BodyBudget _bodies;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TokenBucket? _bucket;
    private WorkItem? _held;
    private bool _stopping;
    private Task _loop = Task.CompletedTask;

    public ConsumerPump(
        ConsumerDefinition definition, ConsumerState state, ConsumerDepth depth, IDeliveryRunner runner, IWorkReader reader,
        BodyBudget bodies, CarrickOptions options, TimeProvider time, ILogger logger)
    {
        Definition = definition;
        State = state;
        Depth = new DepthCounter(depth);
        _runner = runner;
        _reader = reader;
        _bodies = bodies;
        _time = time;
        _logger = logger;
        _wakeup = new Wakeup(time);
        _ready = new ReadyBuffer(options.ConsumerBuffer);
        _keys = definition.Order == OrderingMode.None ? null : new KeyGate();
        // The keys of parked deliveries must all be known, or the ones behind them would overtake.
        _delayed = new DelayedBuffer(_keys is null ? DelayedCapacity : int.MaxValue);
        _bucket = MakeBucket(definition);
    }

    public ConsumerDefinition Definition { get; private set; }

    public ConsumerState State { get; private set; }

    public DepthCounter Depth { get; }

    public int RunningCount
    {
        get
        {
            lock (_gate)
            {
                return _running.Count;
            }
        }
    }

    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>Takes a hand-off of what was just committed, in the order of commit. <see cref="Wake"/> follows.</summary>
    public void Offer(WorkItem item)
    {
        Depth.Added();
        lock (_gate)
        {
            if (!_ready.Offer(item))
            {
                _bodies.Release(item);
            }
        }
    }

    public void Wake() => _wakeup.Set();

    /// <summary>An attempt has ended and its outcome is durable.</summary>
    public void Ended(WorkItem item, DeliveryEnd end)
    {
        lock (_gate)
        {
            _running.Remove(item.Id);
            _bodies.Release(item);
            switch (end)
            {
                case DeliveryEnd.Gone:
                    ReleaseKey(item);
                    break;
                case DeliveryEnd.PutOff:
                    _delayed.Add(item);
                    break;
            }

            if (_stopping && _running.Count == 0)
            {
                _drained.TrySetResult();
            }
        }

        _wakeup.Set();
    }

    public bool IsRunning(RecordId delivery)
    {
        lock (_gate)
        {
            return _running.ContainsKey(delivery);
        }
    }

    public IReadOnlyList<RecordId> ListRunning()
    {
        lock (_gate)
        {
            return [.. _running.Keys];
        }
    }

    /// <summary>Makes a delayed delivery start as soon as it may; it was made due in the store.</summary>
    public void Hurry(WorkItem stored)
    {
        lock (_gate)
        {
            if (_delayed.Remove(stored.Id, out var item) || (_keys is null && !IsHere(stored.Id) && (item = stored) is not null))
            {
                item!.DueAt = null;
                Depth.Requeued();
                _urgent.Enqueue(item);
                if (_ready.Spilled && item.Id > _ready.Cursor)
                {
                    // It is due at once in the store now, so the read of ready deliveries will bring it a second time.
                    _hurried.Add(item.Id);
                }
            }
        }

        _wakeup.Set();
    }

    /// <summary>Drops a delivery that an operator discarded in the store.</summary>
    public void Forget(WorkItem stored)
    {
        lock (_gate)
        {
            Depth.Removed(stored.DueAt is not null);
            if (_delayed.Remove(stored.Id, out var item))
            {
                ReleaseKey(item!);
            }
            else if (!_running.ContainsKey(stored.Id))
            {
                _forgotten.Add(stored.Id);
            }
        }

        _wakeup.Set();
    }

    /// <summary>Changes all but the order of deliveries.</summary>
    public void Update(ConsumerDefinition definition)
    {
        lock (_gate)
        {
            Definition = definition;
            _bucket = MakeBucket(definition);
        }

        _wakeup.Set();
    }

    public void SetState(ConsumerState state)
    {
        lock (_gate)
        {
            State = state;
        }

        _wakeup.Set();
    }

    /// <summary>Closes the gate of the whole consumer: no attempt before this time.</summary>
    public void CloseGate(DateTimeOffset until)
    {
        lock (_gate)
        {
            if (State.GateUntil is null || until > State.GateUntil)
            {
                State = State with { GateUntil = until };
            }
        }
    }

    /// <summary>Starts no further attempt; ends when those under way have ended.</summary>
    public async Task StopAsync()
    {
        lock (_gate)
        {
            _stopping = true;
            if (_running.Count == 0)
            {
                _drained.TrySetResult();
            }
        }

        _wakeup.Set();
        await _loop.ConfigureAwait(false);
        await _drained.Task.ConfigureAwait(false);
    }

    public void Dispose() => _wakeup.Dispose();

    private TokenBucket? MakeBucket(ConsumerDefinition definition) =>
        definition is EndpointDefinition { Rate: { } rate } ? new TokenBucket(rate, _time) : null;

    private bool IsHere(RecordId id) =>
        _running.ContainsKey(id) || _held?.Id == id || _ready.Contains(id) || _urgent.Any(item => item.Id == id);

    private void ReleaseKey(WorkItem item)
    {
        if (_keys is null || item.OrderingKey is null)
        {
            return;
        }

        switch (_keys.Release(item, out var next))
        {
            case KeyRelease.Next:
                _urgent.Enqueue(next!);
                break;
            case KeyRelease.Read:
                _keysToRead.Enqueue(item.OrderingKey);
                break;
        }
    }
}
