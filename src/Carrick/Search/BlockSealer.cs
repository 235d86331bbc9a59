using Carrick.Commit;
using Carrick.Dispatch;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Search;

namespace Carrick.Search;

/// <summary>
/// Makes the blocks that searches pass over, behind what is received: one node does, from the store, so that receiving pays nothing for it and an older
/// database gets its blocks too. It works for half of the time at most; until a block is there its rows are read one by one.
/// </summary>
internal sealed class BlockSealer(ShardSet shards, ICommitQueue queue, IStore store, LoopSupervisor supervisor, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AtLeastEvery = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LeastRest = TimeSpan.FromMilliseconds(1);
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
            if (await upkeep.ReadNextBlockAsync(kind, _stop.Token).ConfigureAwait(false) is not { } block)
            {
                return;
            }

            try
            {
                await queue.SubmitAsync(new SealBlockCommand { Block = block }, _stop.Token).ConfigureAwait(false);
            }
            catch (EngineFullException full)
            {
                await Task.Delay(full.RetryAfter, time, _stop.Token).ConfigureAwait(false);
                continue;
            }

            var rest = time.GetElapsedTime(started);
            await Task.Delay(rest < LeastRest ? LeastRest : rest, time, _stop.Token).ConfigureAwait(false);
        }
    }
}
