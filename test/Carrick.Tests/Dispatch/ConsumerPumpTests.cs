using System.Text.Json;
using Carrick.Dispatch;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Storage;
using Carrick.Tests.Receiving;
using CsCheck;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Carrick.Tests.Dispatch;

public sealed class ConsumerPumpTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(OrderingMode.None)]
    [InlineData(OrderingMode.Subject)]
    public async Task Pump_RandomLoadWithRetriesAndSmallBuffers_EndsEveryDeliveryOnceAndInOrderPerKey(OrderingMode order)
    {
        for (ulong seed = 1; seed <= 25; seed++)
        {
            await RunAsync(new PCG(1, seed), order, seed);
        }
    }

    [Fact]
    public async Task Pump_BacklogAtStart_IsReadFromTheStoreInOrder()
    {
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 1);
        for (var i = 0; i < 2_000; i++)
        {
            run.Store(key: null);
        }

        run.Pump.Start();
        await run.WhenDoneAsync(2_000, Limit);
        Assert.Equal(run.Stored, run.Started);
    }

    [Fact]
    public async Task Pump_ParkedHeadAtStart_HoldsBackItsKeyOnly()
    {
        var run = new PumpRun(OrderingMode.Subject, retryChance: 0, new PCG(3), concurrency: 8);
        // Long enough for the others to start before, also on a machine that is busy.
        var parked = run.Store("slow", dueIn: TimeSpan.FromSeconds(4));
        for (var i = 0; i < 50; i++)
        {
            run.Store(i % 2 == 0 ? "slow" : "fast");
        }

        run.Pump.Start();
        await run.WhenDoneAsync(51, Limit);
        Assert.Equal(parked, run.Started.First(id => run.KeyOf(id) == "slow"));
        Assert.True(run.StartedAt(parked) >= run.DueOf(parked), "started before its due time");
        Assert.All(run.Started.Take(25), id => Assert.Equal("fast", run.KeyOf(id)));
    }

    [Fact]
    public async Task Pump_StoreCannotRead_TriesAgainAndLosesNothing()
    {
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 4);
        run.Work.FailNextReads(2);
        for (var i = 0; i < 40; i++)
        {
            run.Store(key: null);
        }

        run.Pump.Start();
        await run.WhenDoneAsync(40, Limit);
        Assert.Equal(40, run.Started.Distinct().Count());
    }

    [Fact]
    public async Task Pump_ReaderThrowsSomethingElse_IsToldAndGoesOn()
    {
        var log = new LogRecorder();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 4, logger: loggers.CreateLogger("pump"));
        run.Work.FailNextReads(2, () => new JsonException("A damaged row."));
        for (var i = 0; i < 40; i++)
        {
            run.Store(key: null);
        }

        run.Pump.Start();
        await run.WhenDoneAsync(40, Limit);
        Assert.Equal(40, run.Started.Distinct().Count());
        Assert.Single(log.Lines, line => line.Text.Contains("A damaged row.", StringComparison.Ordinal));
        Assert.Null(run.Pump.Problem);
    }

    [Fact]
    public async Task Pump_Disabled_StartsNothingUntilEnabled()
    {
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 4);
        run.Pump.SetDisabled(DateTimeOffset.UnixEpoch, "Disabled.");
        run.Pump.Start();
        run.Commit(key: null);
        await run.WhenReadAsync(Limit);
        Assert.Empty(run.Started);
        run.Pump.SetDisabled(null, null);
        await run.WhenDoneAsync(1, Limit);
    }

    [Fact]
    public async Task Pump_ClosedGate_StartsNothingBeforeItOpens()
    {
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 4);
        var until = TimeProvider.System.GetUtcNow() + TimeSpan.FromMilliseconds(300);
        run.Pump.CloseGate(until);
        run.Pump.Start();
        var id = run.Commit(key: null);
        await run.WhenDoneAsync(1, Limit);
        Assert.True(run.StartedAt(id) >= until, "started before the gate opened");
    }

    [Fact]
    public async Task Pump_DiscardedBehindBusyKey_IsSkippedAndKeyGoesOn()
    {
        var run = new PumpRun(OrderingMode.Subject, retryChance: 0, new PCG(3), concurrency: 4);
        var head = run.Store("k", dueIn: TimeSpan.FromHours(1));
        var second = run.Store("k");
        var third = run.Store("k");
        run.Pump.Start();
        await run.WhenReadAsync(Limit);
        run.Discard(second);
        run.Discard(head);
        await run.WhenDoneAsync(1, Limit);
        Assert.Equal([third], run.Started);
    }

    [Fact]
    public async Task Pump_Stop_EndsWhenWhatRunsHasEndedAndStartsNoMore()
    {
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 2, hold: true);
        run.Pump.Start();
        for (var i = 0; i < 10; i++)
        {
            run.Commit(key: null);
        }

        await run.WhenStartedAsync(2, Limit);
        var stop = run.Pump.StopAsync();
        Assert.False(stop.IsCompleted);
        run.ReleaseHeld();
        await stop.WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal(2, run.Started.Count);
        Assert.Equal(8, run.Work.Count);
    }

    private static async Task RunAsync(PCG random, OrderingMode order, ulong seed)
    {
        var run = new PumpRun(order, retryChance: 0.2, random, concurrency: 1 + (int)(seed % 7));
        for (var i = 0; i < 60; i++)
        {
            run.Store(Key(random));
        }

        run.Pump.Start();
        for (var i = 0; i < 400; i++)
        {
            run.Commit(Key(random));
            if (i % 37 == 0)
            {
                await Task.Yield();
            }
        }

        await run.WhenDoneAsync(460, Limit, $"seed {seed}");
        Assert.True(run.Violation is null, $"seed {seed}: {run.Violation}");
        Assert.Equal(0, run.Work.Count);
        Assert.Equal(new ConsumerDepth(0, 0, 0), run.Pump.Depth.Value);
        await run.Pump.StopAsync();
    }

    private static string? Key(PCG random) => random.Next(4) == 0 ? null : $"k{random.Next(6)}";
}
