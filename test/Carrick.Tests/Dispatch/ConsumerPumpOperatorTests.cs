using Carrick.Integrations;
using Carrick.Storage;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Dispatch;

/// <summary>An operator makes deliveries due at once, or drops them, wherever they are.</summary>
public sealed class ConsumerPumpOperatorTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Later = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(OrderingMode.None)]
    [InlineData(OrderingMode.Subject)]
    public async Task Hurry_WhileItRuns_IsNotReadBackAndCountsAsReady(OrderingMode order)
    {
        var run = new PumpRun(order, retryChance: 0, new PCG(3), concurrency: 1, hold: true);
        // More than the buffer holds, so that what is ready is read again and again.
        for (var i = 0; i < 100; i++)
        {
            run.Store(key: null);
        }

        var overdue = run.Store("k", dueIn: -Later);
        run.Pump.Start();
        await run.WhenStartedAsync(1, Limit);
        Assert.Equal(overdue, run.Started[0]);
        run.Pump.Hurry(run.Requeue(overdue));
        Assert.Equal(new ConsumerDepth(101, 0, 0), run.Pump.Depth.Value);
        run.ReleaseHeld();
        await run.WhenDoneAsync(101, Limit);
        await run.Pump.StopAsync();

        Assert.Null(run.Violation);
        Assert.Equal(101, run.Started.Count);
        Assert.Equal(new ConsumerDepth(0, 0, 0), run.Pump.Depth.Value);
    }

    [Theory]
    [InlineData(OrderingMode.None)]
    [InlineData(OrderingMode.Subject)]
    public async Task Hurry_RowReadBeforeThePumpIsTold_RunsOnce(OrderingMode order)
    {
        var run = new PumpRun(order, retryChance: 0, new PCG(3), concurrency: 4);
        for (var i = 0; i < 100; i++)
        {
            run.Store(key: null);
        }

        var delayed = run.Store("k", dueIn: Later);
        WorkItem? was = null;
        run.Work.Reading = what => was ??= what == "events" ? run.Requeue(delayed) : null;
        run.Pump.Start();
        await run.WhenDoneAsync(100, Limit);
        run.Pump.Hurry(was!);
        await run.WhenDoneAsync(101, Limit);
        await run.Pump.StopAsync();

        Assert.Null(run.Violation);
        Assert.Equal(101, run.Started.Count);
        Assert.Equal(new ConsumerDepth(0, 0, 0), run.Pump.Depth.Value);
    }

    [Fact]
    public async Task Hurry_AfterItsAttemptWasPutOffInTheStore_StartsItAgainAtOnce()
    {
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 1, hold: true);
        var id = run.Store(key: null);
        run.Pump.Start();
        await run.WhenStartedAsync(1, Limit);
        // The store has put it off, and an operator made it due, before the pump hears of either.
        run.Pump.Hurry(new WorkItem { Id = id, Consumer = 1, EventId = id, Attempts = 1, DueAt = TimeProvider.System.GetUtcNow() + Later });
        run.PutOffHeld(Later);
        await run.WhenStartedAsync(2, Limit);
        Assert.Equal([id, id], run.Started);
        Assert.Equal(new ConsumerDepth(1, 0, 0), run.Pump.Depth.Value);
    }

    [Fact]
    public async Task Forget_WhileItRunsAndIsPutOff_IsGone()
    {
        var run = new PumpRun(OrderingMode.Subject, retryChance: 0, new PCG(3), concurrency: 2, hold: true);
        var head = run.Store("k");
        var next = run.Store("k");
        run.Pump.Start();
        await run.WhenStartedAsync(1, Limit);
        run.Discard(head);
        run.PutOffHeld(TimeSpan.Zero);
        await run.WhenStartedAsync(2, Limit);
        Assert.Equal([head, next], run.Started);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Forget_BeforeOrAfterItsAttemptFindsTheRowGone_CountsItOnce(bool attemptIsFirst)
    {
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 1, hold: true);
        var id = run.Store(key: null);
        run.Pump.Start();
        await run.WhenStartedAsync(1, Limit);
        var was = (await run.Work.FindAsync(id, TestContext.Current.CancellationToken))!;
        run.Work.Remove(id);
        Action[] steps = [() => run.Pump.Forget(was), run.LoseHeld];
        foreach (var step in attemptIsFirst ? steps.Reverse() : steps)
        {
            step();
        }

        Assert.Equal(new ConsumerDepth(0, 0, 0), run.Pump.Depth.Value);
    }
}
