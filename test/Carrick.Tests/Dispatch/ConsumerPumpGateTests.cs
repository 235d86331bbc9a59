using Carrick.Integrations;
using Carrick.Storage;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Dispatch;

/// <summary>What holds back a consumer, and what memory holds meanwhile.</summary>
public sealed class ConsumerPumpGateTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Pump_ManyOverdueBehindAClosedGate_StayInTheStoreAndAllComeWhenItOpens()
    {
        const int Overdue = 100_000;
        var gate = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(8);
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 64, gate: gate);
        for (var i = 0; i < Overdue; i++)
        {
            run.Store(key: null, dueIn: TimeSpan.FromMinutes(-1));
        }

        run.Pump.Start();
        await run.WhenReadAsync(Limit);
        // New work wakes the loop again and again; it must not read on.
        for (var i = 0; i < 100; i++)
        {
            run.Commit(key: null);
            await Task.Yield();
        }

        Assert.True(TimeProvider.System.GetUtcNow() < gate, "the machine is too slow for this test");
        Assert.InRange(run.Work.DelayedRead, 1, 16_384);
        await run.WhenDoneAsync(Overdue + 100, Limit);
        Assert.Null(run.Violation);
        Assert.Equal(Overdue + 100, run.Started.Distinct().Count());
        Assert.Equal(Overdue + 100, run.Started.Count);
        Assert.Equal(new ConsumerDepth(0, 0, 0), run.Pump.Depth.Value);
    }

    [Fact]
    public async Task Pump_GateClosesWhileEventsAreRead_StartsNothingBeforeItOpens()
    {
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 8);
        DateTimeOffset? until = null;
        run.Work.Reading = what =>
        {
            if (what == "events" && until is null)
            {
                until = TimeProvider.System.GetUtcNow() + TimeSpan.FromMilliseconds(300);
                run.Pump.CloseGate(until.Value);
            }
        };
        for (var i = 0; i < 8; i++)
        {
            run.Store(key: null);
        }

        run.Pump.Start();
        await run.WhenDoneAsync(8, Limit);
        Assert.All(run.Started, id => Assert.True(run.StartedAt(id) >= until, "started before the gate opened"));
        Assert.Equal(run.Stored, run.Started);
    }

    [Fact]
    public async Task Pump_EnabledBehindAClosedGate_StartsNothingBeforeItOpens()
    {
        var until = TimeProvider.System.GetUtcNow() + TimeSpan.FromMilliseconds(500);
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 8, gate: until);
        run.Pump.Start();
        var id = run.Commit(key: null);
        run.Pump.SetDisabled(null, null);
        await run.WhenDoneAsync(1, Limit);
        Assert.True(run.StartedAt(id) >= until, "started before the gate opened");
    }

    [Fact]
    public async Task Update_OfAnythingButTheRate_DoesNotFillTheBucket()
    {
        var run = new PumpRun(OrderingMode.None, retryChance: 0, new PCG(3), concurrency: 8, rate: new RateLimit(2, TimeSpan.FromHours(1)));
        run.Pump.Start();
        for (var i = 0; i < 6; i++)
        {
            run.Commit(key: null);
        }

        await run.WhenDoneAsync(2, Limit);
        run.Pump.Update(run.Pump.Definition with { Concurrency = 9 });
        run.Pump.Update(run.Pump.Definition with { Timeout = TimeSpan.FromSeconds(3) });
        run.Pump.Update((EndpointDefinition)run.Pump.Definition with { Rate = new RateLimit(1, TimeSpan.FromHours(1)) });
        await run.WhenDoneAsync(3, Limit);
        Assert.Equal(3, run.Started.Count);
    }
}
