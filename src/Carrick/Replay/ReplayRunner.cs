using Carrick.Commit;
using Carrick.Diagnostics;
using Carrick.Dispatch;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Logging;

namespace Carrick.Replay;

/// <summary>
/// Works off replay jobs, each at its own rate. Every step makes new deliveries and writes the job's progress in one transaction,
/// so a restart goes on where the last step ended. A job that fails, for whatever reason, is told of and goes on after a while.
/// </summary>
internal sealed partial class ReplayRunner : IDisposable
{
    private const int LargestStep = 64;

    /// <summary>A job without a rate rests so many times as long as its steps take: what is received goes first.</summary>
    private const int RestsPerStep = 2;
    private const int StepsPerSecond = 10;
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostRest = TimeSpan.FromMilliseconds(50);

    private readonly ShardSet _shards;
    private readonly ICommitQueue _commits;
    private readonly IStore _store;
    private readonly LoopSupervisor _supervisor;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<RecordId, Task> _jobs = [];

    public ReplayRunner(
        ShardSet shards, ICommitQueue commits, IStore store, HandOff handOff, LoopSupervisor supervisor, TimeProvider time, ILogger<ReplayRunner> logger)
    {
        _shards = shards;
        _commits = commits;
        _store = store;
        _supervisor = supervisor;
        _time = time;
        _logger = logger.Guarded();
        handOff.ReplayMade = Run;
    }

    /// <summary>Goes on with the jobs that an earlier process, or another node, has left.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var job in await _store.Work.ReadOpenReplaysAsync(cancellationToken).ConfigureAwait(false))
        {
            Run(job);
        }
    }

    /// <summary>Begins a job, or goes on with it; one that is under way goes on as it is.</summary>
    public void Run(ReplayJob job)
    {
        lock (_gate)
        {
            if (!_stop.IsCancellationRequested && !_jobs.ContainsKey(job.Id))
            {
                _jobs[job.Id] = Task.Run(() => SuperviseAsync(job));
            }
        }
    }

    /// <summary>Ends when no job is under way any more; those that are not done go on at the next start.</summary>
    public async Task StopAsync()
    {
        Task[] jobs;
        lock (_gate)
        {
            jobs = [.. _jobs.Values];
        }

        await _stop.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(jobs).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose() => _stop.Dispose();

    public static NewReplay Of(DeliveryView dead, bool force) => new()
    {
        EventId = dead.EventId,
        Consumer = dead.ConsumerNumber,
        OrderingKey = dead.OrderingKey,
        DeadLetter = dead.Id,
        Force = force,
    };

    private async Task SuperviseAsync(ReplayJob job)
    {
        await _supervisor.RunAsync($"Replay {job.Id.ToString(IdPrefix.Replay)}", RunAsync, _stop.Token).ConfigureAwait(false);

        async Task RunAsync(LoopHealth health)
        {
            while (GoesOn(job))
            {
                var (started, before) = (_time.GetTimestamp(), job.Replayed);
                job = await TryStepAsync(job).ConfigureAwait(false);
                await PaceAsync(job, job.Replayed - before, started).ConfigureAwait(false);
                health.Works();
            }
        }
    }

    /// <summary>Another node that leads now does what is left of it. Whether it goes on here is decided together with whether it is begun again.</summary>
    private bool GoesOn(ReplayJob job)
    {
        lock (_gate)
        {
            if (job.State == ReplayState.Running && _shards.IsLeader)
            {
                return true;
            }

            _jobs.Remove(job.Id);
            return false;
        }
    }

    private async Task<ReplayJob> TryStepAsync(ReplayJob job)
    {
        try
        {
            return await StepAsync(job).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is StoreException or EngineFullException)
        {
            LogPutOff(exception, job.Id.ToString(IdPrefix.Replay), exception.Message);
            await Task.Delay(AfterFailure, _time, _stop.Token).ConfigureAwait(false);
            return job;
        }
    }

    private async Task<ReplayJob> StepAsync(ReplayJob job)
    {
        var size = job.RatePerSecond is { } rate ? Math.Clamp(rate / StepsPerSecond, 1, LargestStep) : LargestStep;
        var dead = await _store.Queries
            .ReadDeadLettersAsync(job.Filter, job.Cursor == RecordId.None ? null : job.Cursor, job.Id, size, _stop.Token)
            .ConfigureAwait(false);
        if (dead.Count == 0)
        {
            var end = new EndReplayJobCommand { Id = job.Id, State = ReplayState.Completed, At = _time.GetUtcNow() };
            await _commits.SubmitAsync(end, _stop.Token).ConfigureAwait(false);
            LogEnded(job.Id.ToString(IdPrefix.Replay), job.Replayed);
            return job with { State = ReplayState.Completed };
        }

        var command = new ReplayCommand
        {
            Replays = [.. dead.Select(view => Of(view, job.Force))],
            Job = job with { Cursor = dead[^1].Id, Replayed = job.Replayed + dead.Count },
        };
        await _commits.SubmitAsync(command, _stop.Token).ConfigureAwait(false);
        if (command.Created.Count == 0)
        {
            // Nothing was made: either each was replayed by somebody else meanwhile, or the job has been cancelled.
            var stored = await _store.Queries.FindReplayAsync(job.Id, _stop.Token).ConfigureAwait(false);
            if (stored is not { State: ReplayState.Running })
            {
                return job with { State = ReplayState.Cancelled };
            }
        }

        return command.Job;
    }

    private async Task PaceAsync(ReplayJob job, long replayed, long started)
    {
        var took = _time.GetElapsedTime(started);
        var rest = replayed == 0 ? TimeSpan.Zero
            : job.RatePerSecond is { } rate ? TimeSpan.FromSeconds(replayed / (double)rate) - took
            : took * RestsPerStep < MostRest ? took * RestsPerStep : MostRest;
        if (rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, _time, _stop.Token).ConfigureAwait(false);
        }
    }

    [LoggerMessage(1300, LogLevel.Warning, "Replay {Job} is put off: {Problem}")]
    private partial void LogPutOff(Exception exception, string job, string problem);

    [LoggerMessage(1301, LogLevel.Information, "Replay {Job} has ended: {Replayed} dead letters replayed.")]
    private partial void LogEnded(string job, long replayed);
}
