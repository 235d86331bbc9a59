using Carrick.Integrations;
using Carrick.Storage;
using CsCheck;

namespace Carrick.Tests.Dispatch;

/// <summary>Shards that come and go while the pump works.</summary>
public sealed class ConsumerPumpShardTests
{
    private const ulong Some = 0b0101;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(OrderingMode.None)]
    [InlineData(OrderingMode.Subject)]
    public async Task Pump_ShardsComeAndGoUnderLoad_EndsEveryDeliveryOnceInOrderAndStartsNothingOfOthers(OrderingMode order)
    {
        for (ulong seed = 1; seed <= 15; seed++)
        {
            var random = new PCG(2, seed);
            var run = new PumpRun(order, retryChance: 0.2, new PCG(3, seed), concurrency: 1 + (int)random.Next(8u));
            for (var i = 0; i < random.Next(60u); i++)
            {
                run.Store(Key(random));
            }

            var total = run.Stored.Count;
            run.Pump.Start();
            for (var round = 0; round < 6; round++)
            {
                for (var i = 0; i < 40; i++, total++)
                {
                    run.Commit(Key(random));
                }

                var shards = random.Next(16u);
                await run.LeaveAsync(shards, Limit);
                for (var i = 0; i < 20; i++, total++)
                {
                    run.Commit(Key(random));
                }

                run.Own(shards);
            }

            await run.WhenDoneAsync(total, Limit, $"seed {seed}");
            Assert.True(run.Violation is null, $"Seed {seed}: {run.Violation}");
            await run.Pump.StopAsync();
            Assert.Equal(0, run.Work.Count);
            Assert.Equal(default, run.Pump.Depth.Value);
        }
    }

    [Fact]
    public async Task Leave_WhileADeliveryRuns_EndsWithIt()
    {
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 4, hold: true);
        run.Pump.Start();
        run.Commit("a");
        await run.WhenStartedAsync(1, Limit);

        var leaving = run.Pump.LeaveAsync(ulong.MaxValue);
        var isEarly = leaving.IsCompleted;
        run.ReleaseHeld();
        await leaving.WaitAsync(Limit);

        Assert.False(isEarly);
        await run.Pump.StopAsync();
    }

    [Fact]
    public async Task Leave_OfOtherShards_DoesNotWaitForWhatRuns()
    {
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 4, hold: true);
        run.Pump.Start();
        run.Commit("a");
        await run.WhenStartedAsync(1, Limit);

        // "a" is 97, in shard 1.
        await run.LeaveAsync(Some, Limit);

        run.ReleaseHeld();
        await run.Pump.StopAsync();
    }

    [Fact]
    public async Task Own_WhileLeaving_TakesTheShardsBack()
    {
        var run = new PumpRun(OrderingMode.Subject, retryChance: 0, new PCG(3), concurrency: 4, hold: true);
        run.Pump.Start();
        run.Commit("a");
        await run.WhenStartedAsync(1, Limit);
        var leaving = run.Pump.LeaveAsync(ulong.MaxValue);
        run.Commit("a");
        run.Commit("b");

        run.Pump.Own(ulong.MaxValue);
        await leaving.WaitAsync(Limit);
        run.ReleaseHeld();

        await run.WhenDoneAsync(3, Limit);
        Assert.Null(run.Violation);
        await run.Pump.StopAsync();
        Assert.Equal(default, run.Pump.Depth.Value);
    }

    [Fact]
    public async Task Leave_OfADeliveryThatIsPutOffMeanwhile_LeavesItToTheNextOwner()
    {
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 4, hold: true);
        run.Pump.Start();
        run.Commit("a");
        await run.WhenStartedAsync(1, Limit);
        var leaving = run.Pump.LeaveAsync(ulong.MaxValue);

        run.PutOffHeld(TimeSpan.Zero);
        await leaving.WaitAsync(Limit);

        Assert.Equal(new ConsumerDepth(0, 1, 0), run.Pump.Depth.Value);
        await run.Pump.StopAsync();
        Assert.Single(run.Started);
    }

    [Fact]
    public async Task Pump_AfterItsLeaseHasEnded_StartsNothingUntilItIsRenewed()
    {
        var run = new PumpRun(OrderingMode.Subject, retryChance: 0, new PCG(3), concurrency: 4);
        run.Shards.Renewed(TimeProvider.System.GetTimestamp(), TimeSpan.Zero);
        run.Pump.Start();
        run.Commit("a");
        run.Commit("b");
        await run.WhenReadAsync(Limit);
        var early = run.Started.Count;

        run.Shards.Renewed(TimeProvider.System.GetTimestamp(), TimeSpan.FromHours(1));

        await run.WhenDoneAsync(2, Limit);
        Assert.Equal(0, early);
        await run.Pump.StopAsync();
    }

    private static string Key(PCG random) => "abcdefgh"[(int)random.Next(8u)].ToString();
}
