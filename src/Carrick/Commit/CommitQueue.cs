using Carrick.Diagnostics;
using Carrick.Hosting;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Carrick.Commit;

/// <summary>
/// Group commit: one thread takes what has gathered while the previous commit ran, gives the records their ids, commits them
/// together, hands new work to the dispatcher, and only then answers those who wait. There is no delay when idle, and a short one under load.
/// A command that ends a delivery is never refused: when the store cannot write it is held and tried again, because its effect
/// has happened. Everything else fails at once with <see cref="EngineFullException"/>, so that a sender comes back later;
/// what is held, or else a probe, finds out when the store can write again.
/// </summary>
internal sealed partial class CommitQueue : ICommitQueue, IDisposable
{
    /// <summary>So many commands are taken together if they are there; of more, half.</summary>
    private const int SmallBatch = 24;

    /// <summary>So many commands with statements of their own are taken together: all nodes wait for them.</summary>
    private const int MostCostly = 8;

    private static readonly TimeSpan IdleAfter = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MaintainEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StoppedRetryAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Queue<StoreCommand> _queue = new();
    private readonly List<StoreCommand> _batch = [];
    private readonly List<StoreCommand> _held = [];
    private readonly IStore _store;
    private readonly CarrickOptions _options;
    private readonly CommitMetrics _metrics;
    private readonly ILogger _logger;
    private readonly ICommitThread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RecordIdGenerator? _ids;
    private bool _started;
    private volatile string? _problem;
    private volatile bool _holdsNothing;
    private bool _stopping;
    private EngineFullException? _refusal;
    private TimeSpan _backOff;

    public CommitQueue(IStore store, ICommitThread thread, IOptions<CarrickOptions> options, CommitMetrics metrics, ILogger<CommitQueue> logger)
    {
        _store = store;
        _thread = thread;
        _options = options.Value;
        _metrics = metrics;
        _logger = logger.Guarded();
    }

    /// <summary>Called on the commit thread with what is durable, before anyone who waits for it is answered.</summary>
    public Action<IReadOnlyList<StoreCommand>>? Committed { get; set; }

    /// <summary>Called on the commit thread when the store fails for good.</summary>
    public Action<StoreException>? Failed { get; set; }

    /// <summary>Why the store cannot write now, or <see langword="null"/>.</summary>
    public string? Problem => _problem;

    /// <param name="ids">Makes the ids; <see langword="null"/> if the store makes them.</param>
    /// <exception cref="EngineFullException">It was stopped before.</exception>
    public void Start(RecordIdGenerator? ids)
    {
        lock (_gate)
        {
            if (_refusal is not null)
            {
                throw _refusal;
            }

            (_ids, _started) = (ids, true);
        }

        _thread.Start(RunAsync);
    }

    public ValueTask SubmitAsync(StoreCommand command, CancellationToken cancellationToken)
    {
        Enqueue(command);
        return new ValueTask(command.Done.WaitAsync(cancellationToken));
    }

    /// <summary>Queues commands that end or put off deliveries; they are taken also when the queue is full.</summary>
    public void EnqueueAll(IReadOnlyList<StoreCommand> commands)
    {
        EngineFullException? refusal;
        bool isEnough;
        lock (_gate)
        {
            refusal = _refusal;
            if (refusal is null)
            {
                foreach (var command in commands)
                {
                    _queue.Enqueue(command);
                }
            }

            isEnough = _queue.Count >= _wakeAt;
        }

        if (refusal is not null)
        {
            // Nobody commits any more; whoever waits must hear of it, or the stop would wait for them.
            foreach (var command in commands)
            {
                command.Fail(refusal);
            }

            return;
        }

        WakeIf(isEnough);
    }

    /// <summary>Commits what is queued, then ends the thread; what comes later fails at once.</summary>
    public async Task StopAsync()
    {
        List<StoreCommand> abandoned = [];
        lock (_gate)
        {
            _stopping = true;
            if (!_started)
            {
                // It was never started, and never will be.
                _refusal ??= new EngineFullException("The engine has stopped.", StoppedRetryAfter);
                abandoned.AddRange(_queue);
                _queue.Clear();
            }
        }

        abandoned.ForEach(command => command.Fail(_refusal!));
        if (_started)
        {
            _thread.Wake();
            await _ended.Task.ConfigureAwait(false);
        }
    }

    public void Dispose() => _thread.Dispose();

    private void Enqueue(StoreCommand command)
    {
        bool isEnough;
        lock (_gate)
        {
            if (_stopping)
            {
                throw _refusal ?? new EngineFullException("The engine is stopping.", StoppedRetryAfter);
            }

            if (_problem is not null && !MayTry(command))
            {
                throw new EngineFullException("The store cannot write now.", OutageRetryAfter);
            }

            if (_queue.Count >= _options.WriteQueueCapacity && command is not WorkCommand)
            {
                _metrics.Refused();
                throw new EngineFullException("The write queue is full.", TimeSpan.FromSeconds(1));
            }

            _queue.Enqueue(command);
            isEnough = _queue.Count >= _wakeAt;
        }

        WakeIf(isEnough);
    }

    private void WakeIf(bool isEnough)
    {
        if (isEnough)
        {
            _thread.Wake();
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (await TakeAsync().ConfigureAwait(false))
            {
                await FlushAsync().ConfigureAwait(false);
                await MaintainAsync(idle: false).ConfigureAwait(false);
                await GatherAsync().ConfigureAwait(false);
            }

            _ended.TrySetResult();
        }
        catch (Exception exception)
        {
            Abandon(exception as StoreException ?? new StoreException("The commit thread failed.", StoreFailure.Fatal, exception));
            _ended.TrySetResult();
        }
    }

    /// <summary>Waits for commands; <see langword="false"/> when all is done and the queue stops.</summary>
    private async ValueTask<bool> TakeAsync()
    {
        _batch.Clear();
        _batch.AddRange(_held);
        _held.Clear();
        var idle = false;
        while (true)
        {
            _thread.Reset();
            lock (_gate)
            {
                // Not all that waits: while one half is written, the answers to the other half bring the next requests.
                var most = Math.Min(_options.CommitBatch, Math.Max(SmallBatch, (_queue.Count + 1) / 2));
                var costly = 0;
                while (_batch.Count < most && _queue.TryPeek(out var command) && (!command.IsCostly || costly++ < MostCostly))
                {
                    _batch.Add(_queue.Dequeue());
                }

                if (_batch.Count == 0 && _stopping)
                {
                    // From here on nobody commits any more: in the same step, so that nothing is queued behind the last look.
                    _refusal ??= new EngineFullException("The engine has stopped.", StoppedRetryAfter);
                    return false;
                }
            }

            if (_batch.Count > 0)
            {
                return true;
            }

            if (_problem is not null)
            {
                _batch.Add(new ProbeCommand());
                return true;
            }

            if (!await _thread.WaitAsync(idle ? MaintainEvery : IdleAfter).ConfigureAwait(false))
            {
                await MaintainAsync(idle: true).ConfigureAwait(false);
                idle = true;
            }
        }
    }

    private async ValueTask FlushAsync()
    {
        _shared = 0;
        var unwritten = await WriteAsync(_batch).ConfigureAwait(false) switch
        {
            PartOutcome.Written => [],
            PartOutcome.Refused => await Bisection.RunAsync(_batch, WriteAsync, Refuse).ConfigureAwait(false),
            _ => (IReadOnlyList<StoreCommand>)_batch,
        };
        if (unwritten.Count > 0)
        {
            await PutOffAsync([.. unwritten]).ConfigureAwait(false);
        }
    }

    /// <summary>One commit: all or nothing of the part, and in memory what follows from it.</summary>
    /// <exception cref="StoreException">The store has failed for good, or is another's.</exception>
    private async ValueTask<PartOutcome> WriteAsync(IReadOnlyList<StoreCommand> part)
    {
        if (_ids is not null)
        {
            foreach (var command in part)
            {
                command.AssignIds(_ids);
            }
        }

        var started = _metrics.Start();
        try
        {
            await _thread.WaitAsync(_store.CommitAsync(part, CancellationToken.None)).ConfigureAwait(false);
        }
        catch (StoreException exception) when (exception.Failure == StoreFailure.Unknown)
        {
            if (!await SettleAsync(exception).ConfigureAwait(false))
            {
                _outage = exception;
                return PartOutcome.Unavailable;
            }
        }
        catch (Exception exception) when (exception is not StoreException { Failure: StoreFailure.Fatal or StoreFailure.Taken or StoreFailure.Configuration })
        {
            return await JudgeAsync(part, exception).ConfigureAwait(false);
        }

        (_took, _shared) = (_metrics.Committed(started, part.Count), part.Count);
        Recover(part);
        if (part[0] is not ProbeCommand)
        {
            _backOff = TimeSpan.Zero;
        }

        DoubtOwnership(part);
        Committed?.Invoke(part);
        foreach (var command in part)
        {
            command.Succeed();
        }

        return PartOutcome.Written;
    }

    private void Abandon(StoreException exception)
    {
        _problem = exception.Message;
        LogFailed(exception, exception.Message);
        var refusal = new EngineFullException("The store has failed.", TimeSpan.FromSeconds(30), exception);
        lock (_gate)
        {
            _stopping = true;
            _refusal = refusal;
            _batch.AddRange(_held);
            _batch.AddRange(_queue);
            _queue.Clear();
        }

        foreach (var command in _batch)
        {
            command.Fail(refusal);
        }

        Failed?.Invoke(exception);
    }

    private async ValueTask MaintainAsync(bool idle)
    {
        try
        {
            await _thread.WaitAsync(_store.MaintainAsync(idle, CancellationToken.None)).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not StoreException { Failure: StoreFailure.Fatal or StoreFailure.Taken or StoreFailure.Configuration })
        {
            LogMaintenancePutOff(exception, exception.Message);
        }
    }
}
