using Carrick.Diagnostics;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Shards;
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
    private const int DelayedPerReady = 16;
    private const int MostDelayed = 16_384;
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly int _capacity;
    private readonly int _delayedCapacity;
    private ReadyBuffer _ready;
    private DelayedBuffer _delayed;
    private KeyGate? _keys;
    private readonly UrgentQueue _urgent = new();
    private readonly Dictionary<RecordId, WorkItem> _running = [];
    private readonly Queue<WorkItem> _starting = new();
    private readonly Wakeup _wakeup;
    private readonly IDeliveryRunner _runner;
    private readonly IWorkReader _reader;
    private readonly BodyBudget _bodies;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LoopHealth _health;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TokenBucket? _bucket;
    private WorkItem? _held;
    private bool _stopping;
    private Task _loop = Task.CompletedTask;

    public ConsumerPump(
        ConsumerDefinition definition, ConsumerState state, ConsumerDepth depth, IDeliveryRunner runner, IWorkReader reader,
        BodyBudget bodies, CarrickOptions options, TimeProvider time, ILogger logger, ShardSet? shards = null)
    {
        Definition = definition;
        State = state;
        Depth = new DepthCounter(depth);
        _runner = runner;
        _reader = reader;
        _bodies = bodies;
        _time = time;
        _logger = logger.Guarded();
        _health = new LoopHealth($"Consumer '{definition.Name}'");
        _wakeup = new Wakeup(time);
        _capacity = options.ConsumerBuffer;
        _delayedCapacity = Math.Max(_capacity, Math.Min(DelayedPerReady * _capacity, MostDelayed));
        _shards = shards ?? new ShardSet(ShardSet.All);
        _serving = _shards.Serving;
        (_ready, _delayed, _keys) = Empty();
        _bucket = MakeBucket(definition);
    }

    public ConsumerDefinition Definition { get; private set; }

    public DepthCounter Depth { get; }

    /// <summary>Why its deliveries stand still, or <see langword="null"/>.</summary>
    public string? Problem => _health.Problem ?? _notRecorded;

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

    public void Start() => _loop = _health.Watch(Task.Run(RunAsync));

    /// <summary>Takes a hand-off of what was just committed, in the order of commit. <see cref="Wake"/> follows.</summary>
    public void Offer(WorkItem item)
    {
        Depth.Added();
        lock (_gate)
        {
            if (!Serves(item) || !_ready.Offer(item))
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
            _saidGone?.Remove(item.Id);
            Left(item.Id);
            if (end == DeliveryEnd.PutBack && Serves(item))
            {
                _urgent.Enqueue(item);
            }
            else
            {
                _bodies.Release(item);
                var rushed = _rushed.Remove(item.Id);
                var isForgotten = _forgotten.Remove(item.Id);
                if (end == DeliveryEnd.Lost && !isForgotten)
                {
                    // What an operator discards is off the counters already, unless its attempt has found out before the pump is told.
                    Depth.Removed(item.DueAt is not null);
                    _lost.Add(item.Id);
                }

                if (isForgotten || end is DeliveryEnd.Gone or DeliveryEnd.Lost)
                {
                    ReleaseKey(item);
                }
                else if (end == DeliveryEnd.PutOff)
                {
                    PutOff(item, rushed);
                }
            }

            if (_stopping && _running.Count == 0)
            {
                _drained.TrySetResult();
            }

            EndLeave();
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

    /// <summary>Changes all but the kind of consumer and the order of its deliveries.</summary>
    public void Update(ConsumerDefinition definition)
    {
        lock (_gate)
        {
            if (RateOf(Definition) != RateOf(definition))
            {
                _bucket = MakeBucket(definition);
            }

            Definition = definition;
        }

        _wakeup.Set();
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

            EndLeave();
        }

        _wakeup.Set();
        // Should it have failed, the log has it: what runs is waited for all the same.
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _drained.Task.ConfigureAwait(false);
    }

    public void Dispose() => _wakeup.Dispose();

    private static RateLimit? RateOf(ConsumerDefinition definition) => (definition as EndpointDefinition)?.Rate;

    private TokenBucket? MakeBucket(ConsumerDefinition definition) => RateOf(definition) is { } rate ? new TokenBucket(rate, _time) : null;

    private void PutOff(WorkItem item, bool rushed)
    {
        if (!Serves(item))
        {
            // It is in the store, for whoever has its shard next.
            return;
        }

        if (rushed)
        {
            item.DueAt = null;
            _urgent.Enqueue(item);
        }
        else
        {
            Park(item);
        }
    }
}
