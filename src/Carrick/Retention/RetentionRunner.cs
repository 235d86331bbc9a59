using Carrick.Commit;
using Carrick.Diagnostics;
using Carrick.Dispatch;
using Carrick.Hosting;
using Carrick.Shards;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Carrick.Retention;

/// <summary>Deletes what is past its retention in small batches, each a command among the others, so that receiving is never held up.</summary>
internal sealed partial class RetentionRunner(ShardSet shards, ICommitQueue commits, IOptions<CarrickOptions> options, TimeProvider time, ILogger<RetentionRunner> logger)
    : IDisposable
{
    private const int Limit = 200;
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = logger.Guarded();
    private readonly CancellationTokenSource _stop = new();
    private readonly LoopHealth _health = new("Retention");
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
            // Stopped between two batches; the next start goes on.
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
        long deleted = 0;
        while (true)
        {
            var now = time.GetUtcNow();
            var command = new RetentionCommand
            {
                EventsBefore = now - options.Value.EventRetention,
                KeysBefore = now - options.Value.MessageIdRetention,
                DeadLettersBefore = now - options.Value.DeadLetterRetention,
                Limit = Limit,
            };
            try
            {
                await commits.SubmitAsync(command, _stop.Token).ConfigureAwait(false);
            }
            catch (EngineFullException)
            {
                // Under load retention waits for the next sweep.
                return;
            }

            deleted += command.Deleted;
            if (!command.More)
            {
                break;
            }

            await Task.Delay(Between, time, _stop.Token).ConfigureAwait(false);
        }

        if (deleted > 0)
        {
            LogDeleted(deleted);
        }
    }

    [LoggerMessage(1310, LogLevel.Information, "Retention deleted {Rows} rows.")]
    private partial void LogDeleted(long rows);

    [LoggerMessage(1311, LogLevel.Error, "Retention failed, and nothing is deleted until it works again; it is tried again every 10 seconds.")]
    private partial void LogFailed(Exception exception);
}
