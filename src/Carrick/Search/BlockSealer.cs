using Carrick.Commit;
using Carrick.Diagnostics;
using Carrick.Dispatch;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Search;
using Microsoft.Extensions.Logging;

namespace Carrick.Search;

/// <summary>
/// Makes the blocks that searches pass over, behind what is received: one node does, from the store, so that receiving pays nothing for it and an older
/// database gets its blocks too. It works for half of the time at most; until a block is there its rows are read one by one.
/// </summary>
internal sealed partial class BlockSealer(
    ShardSet shards, ICommitQueue queue, IStore store, LoopSupervisor supervisor, TimeProvider time, ILogger<BlockSealer> logger) : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AtLeastEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LeastRest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(10);
    private readonly ILogger _logger = logger.Guarded();
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public void Start()
    {
        if (store is IStoreUpkeep upkeep)
        {
            _loop = Task.Run(() => supervisor.RunAsync("Making blocks for searches", health => RunAsync(upkeep, health), _stop.Token));
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
    }

    public void Dispose() => _stop.Dispose();

    private async Task RunAsync(IStoreUpkeep upkeep, LoopHealth health)
    {
        var (commits, looked) = (-1L, time.GetTimestamp());
        while (true)
        {
            // Where nothing was committed is nothing new, unless another node has.
            if (shards.IsLeader && (store.Statistics.Commits != commits || time.GetElapsedTime(looked) >= AtLeastEvery))
            {
                (commits, looked) = (store.Statistics.Commits, time.GetTimestamp());
                await SealAsync(upkeep, BlockKind.Events).ConfigureAwait(false);
                await SealAsync(upkeep, BlockKind.Deliveries).ConfigureAwait(false);
            }

            health.Works();
            await Task.Delay(Every, time, _stop.Token).ConfigureAwait(false);
        }
    }

    private async Task SealAsync(IStoreUpkeep upkeep, BlockKind kind)
    {
        while (true)
        {
            var started = time.GetTimestamp();
            TimeSpan rest;
            try
            {
                if (await upkeep.ReadNextBlockAsync(kind, _stop.Token).ConfigureAwait(false) is not { } block)
                {
                    return;
                }

                await queue.SubmitAsync(new SealBlockCommand { Block = block }, _stop.Token).ConfigureAwait(false);
                rest = time.GetElapsedTime(started);
            }
            catch (EngineFullException full)
            {
                rest = full.RetryAfter;
            }
            catch (StoreException exception)
            {
                // The database is away; searches read row by row until it is back, or fail as everything does.
                LogPutOff(exception, exception.Message);
                rest = AfterFailure;
            }

            await Task.Delay(rest < LeastRest ? LeastRest : rest, time, _stop.Token).ConfigureAwait(false);
        }
    }

    [LoggerMessage(1320, LogLevel.Information, "Making blocks for searches is put off: {Problem}")]
    private partial void LogPutOff(Exception exception, string problem);
}
