using Carrick.Commit;
using Carrick.Hosting;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Logging;

namespace Carrick.Replay;

/// <summary>
/// Works off replay jobs, each at its own rate. Every step makes new deliveries and writes the job's progress in one transaction,
/// so a restart goes on where the last step ended.
/// </summary>
internal sealed partial class ReplayRunner(RunningTopology topology, ShardSet shards, ICommitQueue commits, IStore store, TimeProvider time, ILogger<ReplayRunner> logger)
    : IDisposable
{
    private const int LargestStep = 256;
    private const int StepsPerSecond = 10;
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<RecordId, Task> _jobs = [];

    /// <summary>Goes on with the jobs that an earlier process, or another node, has left.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var job in await store.Work.ReadOpenReplaysAsync(cancellationToken).ConfigureAwait(false))
        {
            Run(job);
        }
    }

    public void Run(ReplayJob job)
    {
        lock (_gate)
        {
            foreach (var ended in _jobs.Where(pair => pair.Value.IsCompletedSuccessfully).Select(pair => pair.Key).ToList())
            {
                _jobs.Remove(ended);
            }

            if (!_stop.IsCancellationRequested && !_jobs.ContainsKey(job.Id))
            {
                _jobs[job.Id] = Task.Run(() => RunAsync(job));
            }
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task[] jobs;
        lock (_gate)
        {
            jobs = [.. _jobs.Values];
        }

        await Task.WhenAll(jobs).ConfigureAwait(false);
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

    /// <summary>Takes replayed dead letters off the counters.</summary>
    public static void CountReplayed(RunningTopology.Snapshot current, ShardSet shards, ReplayCommand command)
    {
        foreach (var item in command.Created)
        {
            if (item.ReplayOf is not null && shards.Owns(item.Shard))
            {
                current.FindPump(item.Consumer)?.Depth.LeftDead();
            }
        }
    }

    private async Task RunAsync(ReplayJob job)
    {
        try
        {
            while (job.State == ReplayState.Running)
            {
                try
                {
                    var started = time.GetTimestamp();
                    var next = await StepAsync(job).ConfigureAwait(false);
                    await PaceAsync(job, next.Replayed - job.Replayed, started).ConfigureAwait(false);
                    job = next;
                }
                catch (Exception exception) when (exception is StoreException or EngineFullException)
                {
                    LogPutOff(exception, job.Id.ToString(IdPrefix.Replay), exception.Message);
                    await Task.Delay(AfterFailure, time, _stop.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The job is durable and goes on at the next start.
        }
    }

    private async Task<ReplayJob> StepAsync(ReplayJob job)
    {
        var size = job.RatePerSecond is { } rate ? Math.Clamp(rate / StepsPerSecond, 1, LargestStep) : LargestStep;
        var dead = await store.Queries
            .ReadDeadLettersAsync(job.Filter, job.Cursor == RecordId.None ? null : job.Cursor, job.Id, size, _stop.Token)
            .ConfigureAwait(false);
        if (dead.Count == 0)
        {
            var end = new EndReplayJobCommand { Id = job.Id, State = ReplayState.Completed, At = time.GetUtcNow() };
            await commits.SubmitAsync(end, _stop.Token).ConfigureAwait(false);
            LogEnded(job.Id.ToString(IdPrefix.Replay), job.Replayed);
            return job with { State = ReplayState.Completed };
        }

        var command = new ReplayCommand
        {
            Replays = [.. dead.Select(view => Of(view, job.Force))],
            Job = job with { Cursor = dead[^1].Id, Replayed = job.Replayed + dead.Count },
        };
        await commits.SubmitAsync(command, _stop.Token).ConfigureAwait(false);
        CountReplayed(topology.Current, shards, command);
        if (command.Created.Count == 0)
        {
            // Nothing was made: either each was replayed by somebody else meanwhile, or the job has been cancelled.
            var stored = await store.Queries.FindReplayAsync(job.Id, _stop.Token).ConfigureAwait(false);
            if (stored is not { State: ReplayState.Running })
            {
                return job with { State = ReplayState.Cancelled };
            }
        }

        return command.Job;
    }

    private async Task PaceAsync(ReplayJob job, long replayed, long started)
    {
        if (job.RatePerSecond is { } rate && replayed > 0)
        {
            var rest = TimeSpan.FromSeconds(replayed / (double)rate) - time.GetElapsedTime(started);
            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest, time, _stop.Token).ConfigureAwait(false);
            }
        }
    }

    [LoggerMessage(1300, LogLevel.Warning, "Replay {Job} is put off: {Problem}")]
    private partial void LogPutOff(Exception exception, string job, string problem);

    [LoggerMessage(1301, LogLevel.Information, "Replay {Job} has ended: {Replayed} dead letters replayed.")]
    private partial void LogEnded(string job, long replayed);
}
