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

    private static readonly TimeSpan IdleAfter = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MaintainEvery = TimeSpan.FromSeconds(30);

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
    public void Start(RecordIdGenerator? ids)
    {
        (_ids, _started) = (ids, true);
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

    /// <summary>Commits what is queued, then ends the thread.</summary>
    public async Task StopAsync()
    {
        lock (_gate)
        {
            _stopping = true;
        }

        _thread.Wake();
        if (!_started)
        {
            // It was never started.
            return;
        }

        await _ended.Task.ConfigureAwait(false);
    }

    public void Dispose() => _thread.Dispose();

    private void Enqueue(StoreCommand command)
    {
        bool isEnough;
        lock (_gate)
        {
            if (_stopping)
            {
                throw new EngineFullException("The engine is stopping.", TimeSpan.FromSeconds(5));
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
            bool stopping;
            lock (_gate)
            {
                // Not all that waits: while one half is written, the answers to the other half bring the next requests.
                var most = Math.Min(_options.CommitBatch, Math.Max(SmallBatch, (_queue.Count + 1) / 2));
                while (_batch.Count < most && _queue.TryDequeue(out var command))
                {
                    _batch.Add(command);
                }

                stopping = _stopping;
            }

            if (_batch.Count > 0)
            {
                return true;
            }

            if (stopping)
            {
                return false;
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
        if (_ids is not null)
        {
            foreach (var command in _batch)
            {
                command.AssignIds(_ids);
            }
        }

        _shared = 0;
        var started = _metrics.Start();
        try
        {
            await _thread.WaitAsync(_store.CommitAsync(_batch, CancellationToken.None)).ConfigureAwait(false);
        }
        catch (StoreException exception) when (exception.Failure is StoreFailure.Transient or StoreFailure.Full)
        {
            await PutOffAsync(exception).ConfigureAwait(false);
            return;
        }
        catch (StoreException exception) when (exception.Failure == StoreFailure.Unknown)
        {
            if (!await SettleAsync(exception).ConfigureAwait(false))
            {
                await PutOffAsync(exception).ConfigureAwait(false);
                return;
            }
        }

        (_took, _shared) = (_metrics.Committed(started, _batch.Count), _batch.Count);
        Recover();
        if (_batch[0] is not ProbeCommand)
        {
            _backOff = TimeSpan.Zero;
        }

        DoubtOwnership();
        Committed?.Invoke(_batch);
        foreach (var command in _batch)
        {
            command.Succeed();
        }
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
        catch (StoreException exception) when (exception.Failure is StoreFailure.Transient or StoreFailure.Full)
        {
            LogMaintenancePutOff(exception, exception.Message);
        }
    }
}
