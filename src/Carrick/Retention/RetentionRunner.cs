using Carrick.Commit;
using Carrick.Diagnostics;
using Carrick.Dispatch;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Logging;

namespace Carrick.Retention;

/// <summary>
/// Deletes what is past its retention, a little with each command, among those of others, and has a share of the writer: it rests in proportion to what each
/// command has cost, so that receiving is never held up, whatever there is to delete.
/// </summary>
internal sealed partial class RetentionRunner(
    ShardSet shards, ICommitQueue commits, IStore store, RetentionClock clock, RetentionPeriods periods, TimeProvider time, ILogger<RetentionRunner> logger)
    : IDisposable
{
    /// <summary>Of the time that a commit takes, retention may add so much.</summary>
    private const double ShareOfCommit = 0.2;

    /// <summary>Retention rests so many times as long as it has worked, and at least as long as its commit took: between two of its commits is one without it.</summary>
    private const int RestsPerWork = 4;

    private static readonly TimeSpan LeastBudget = TimeSpan.FromMilliseconds(0.2);
    private static readonly TimeSpan MostBudget = TimeSpan.FromMilliseconds(2);

    private const int Limit = 10_000;
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LeastRest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MostRest = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromHours(1);

    private readonly ILogger _logger = logger.Guarded();
    private readonly CancellationTokenSource _stop = new();
    private readonly LoopHealth _health = new("Retention");
    private bool _isHeld;
    private Task _loop = Task.CompletedTask;

    /// <summary>Why nothing is deleted, or <see langword="null"/>.</summary>
    public string? Problem => _health.Problem;

    public void Start() => _loop = _health.Watch(Task.Run(RunAsync));

    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
    }

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var works = !shards.IsLeader || await TrySweepAsync().ConfigureAwait(false);
                await Task.Delay(works ? Every : AfterFailure, time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped between two commands; the next start goes on.
        }
    }

    /// <returns>Whether the next sweep can wait as long as it always does.</returns>
    private async Task<bool> TrySweepAsync()
    {
        try
        {
            await SweepAsync().ConfigureAwait(false);
            _health.Works();
            return true;
        }
        catch (Exception exception) when (!(exception is OperationCanceledException && _stop.IsCancellationRequested))
        {
            if (_health.Failed(exception))
            {
                LogFailed(exception);
            }

            return false;
        }
    }

    private async Task SweepAsync()
    {
        var (deleted, budget) = (0L, LeastBudget);
        // One time for all of it, so that it ends although more comes of age meanwhile.
        var (now, kept) = (ReadClock(), periods.Current);
        while (shards.IsLeader)
        {
            var command = new RetentionCommand
            {
                Now = now,
                EventsBefore = now - kept.Events,
                KeysBefore = now - kept.MessageIds,
                DeadLettersBefore = now - kept.DeadLetters,
                Limit = Limit,
                Budget = budget,
            };
            var started = time.GetTimestamp();
            try
            {
                await commits.SubmitAsync(command, _stop.Token).ConfigureAwait(false);
            }
            catch (EngineFullException full)
            {
                // What waits for the writer goes first; nothing is skipped.
                await Task.Delay(full.RetryAfter, time, _stop.Token).ConfigureAwait(false);
                continue;
            }

            deleted += command.Deleted;
            if (command.Closed > 0 && store is IStoreUpkeep upkeep)
            {
                await TrimAsync(upkeep, command.EventsBefore).ConfigureAwait(false);
            }

            if (!command.More)
            {
                break;
            }

            var commit = time.GetElapsedTime(started);
            budget = Between(LeastBudget, commit * ShareOfCommit, MostBudget);
            var rest = command.Took * RestsPerWork;
            await Task.Delay(Between(LeastRest, rest < commit ? commit : rest, MostRest), time, _stop.Token).ConfigureAwait(false);
        }

        if (deleted > 0)
        {
            LogDeleted(deleted);
        }
    }

    private async Task TrimAsync(IStoreUpkeep upkeep, DateTimeOffset eventsBefore)
    {
        try
        {
            await upkeep.TrimAsync(eventsBefore, _stop.Token).ConfigureAwait(false);
        }
        catch (StoreException exception)
        {
            // What is half done is gone on with by the next sweep.
            LogTrimPutOff(exception, exception.Message);
        }
    }

    private static TimeSpan Between(TimeSpan least, TimeSpan value, TimeSpan most) => value < least ? least : value > most ? most : value;

    private DateTimeOffset ReadClock()
    {
        var now = clock.Read(out var held);
        if (held > ClockTolerance && !_isHeld)
        {
            LogClockHeld(held, now);
        }

        _isHeld = held > ClockTolerance;
        return now;
    }

    [LoggerMessage(1310, LogLevel.Information, "Retention deleted {Rows} rows.")]
    private partial void LogDeleted(long rows);

    [LoggerMessage(1311, LogLevel.Error, "Retention failed, and nothing is deleted until it works again; it is tried again every 10 seconds.")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(1313, LogLevel.Information, "Dropping what is past its retention is put off until the next sweep: {Problem}")]
    private partial void LogTrimPutOff(Exception exception, string problem);

    [LoggerMessage(1312, LogLevel.Warning,
        "The clock is {Ahead} ahead of the time that has passed since the last sweep. Retention goes on from {Now}, so that nothing young is deleted. If the clock is right, restart with Carrick:Engine:TrustClock.")]
    private partial void LogClockHeld(TimeSpan ahead, DateTimeOffset now);
}
