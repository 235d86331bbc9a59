using System.Collections.Concurrent;
using Carrick.Dispatch;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Storage;
using Carrick.Tests.Dispatch;
using Carrick.Tests.Receiving;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carrick.Tests.Peers;

/// <summary>The wall clock jumps or stands still while a delivery waits: nothing is lost, nothing spins, nothing starts before its due time by that clock.</summary>
public sealed class ClockJumpTests : IDeliveryRunner
{
    private const double Hour = 3_600;
    private static readonly TimeSpan Ahead = TimeSpan.FromMilliseconds(300);

    // A wait that is over and a look at the clock take a few reads; a loop that spins takes thousands in the same time.
    private const int ReadsOfALook = 40;

    private readonly RecordIdGenerator _ids = new(TimeProvider.System, 7, 0);
    private readonly JumpingClock _clock = new();
    private readonly FakeWork _work = new();
    private readonly ConcurrentQueue<(RecordId Id, DateTimeOffset At)> _started = new();

    public static TheoryData<double> Forward => new(Hour, 24 * Hour);

    public static TheoryData<double> Backward => new(-Hour, -24 * Hour, -300);

    void IDeliveryRunner.Start(WorkItem item, ConsumerPump pump)
    {
        _started.Enqueue((item.Id, _clock.GetUtcNow()));
        _work.Remove(item.Id);
        pump.Depth.Removed(item.DueAt is not null);
        pump.Ended(item, DeliveryEnd.Gone);
    }

    [Theory]
    [MemberData(nameof(Forward))]
    public async Task Retry_ClockJumpsForward_StartsOnce(double seconds)
    {
        using var pump = Pump();
        var due = Put(pump, Ahead);
        pump.Start();
        await WhenReadAsync();

        _clock.Jump(TimeSpan.FromSeconds(seconds));

        await WhenStartedAsync(1);
        AssertStarted(due);
        await StopAsync(pump);
    }

    [Theory]
    [MemberData(nameof(Backward))]
    public async Task Retry_ClockJumpsBackward_WaitsWithoutSpinningAndStartsWhenTheClockIsRight(double seconds)
    {
        using var pump = Pump();
        var due = Put(pump, Ahead);
        pump.Start();
        await WhenReadAsync();

        _clock.Jump(TimeSpan.FromSeconds(seconds));
        var reads = _clock.Reads;
        await WhenLookedAgainAsync(pump, reads);

        Assert.Empty(_started);
        _clock.Jump(TimeSpan.FromSeconds(-seconds));
        await WhenDueAsync(due);
        pump.Wake();
        await WhenStartedAsync(1);
        AssertStarted(due);
        await StopAsync(pump);
    }

    [Fact]
    public async Task Retry_ClockStandsStill_WaitsWithoutSpinningAndStartsWhenItGoesOn()
    {
        using var pump = Pump();
        var due = Put(pump, Ahead);
        pump.Start();
        await WhenReadAsync();

        _clock.Freeze();
        var reads = _clock.Reads;
        await WhenLookedAgainAsync(pump, reads);

        Assert.Empty(_started);
        _clock.GoOn();
        await WhenStartedAsync(1);
        AssertStarted(due);
        await StopAsync(pump);
    }

    [Theory]
    [MemberData(nameof(Backward))]
    public async Task Gate_ClockJumpsBackward_StaysClosedAndLosesNothing(double seconds)
    {
        using var pump = Pump();
        var until = _clock.GetUtcNow() + Ahead;
        pump.CloseGate(until);
        var id = Put(pump, null);
        pump.Start();
        await WhenReadAsync();

        _clock.Jump(TimeSpan.FromSeconds(seconds));
        await WhenLookedAgainAsync(pump, _clock.Reads);

        Assert.Empty(_started);
        _clock.Jump(TimeSpan.FromSeconds(-seconds));
        await WhenDueAsync((id.Id, until));
        pump.Wake();
        await WhenStartedAsync(1);
        AssertStarted((id.Id, until));
        await StopAsync(pump);
    }

    [Theory]
    [MemberData(nameof(Forward))]
    public async Task Gate_ClockJumpsForward_OpensAndLosesNothing(double seconds)
    {
        using var pump = Pump();
        var until = _clock.GetUtcNow() + Ahead;
        pump.CloseGate(until);
        var id = Put(pump, null);
        pump.Start();
        await WhenReadAsync();

        _clock.Jump(TimeSpan.FromSeconds(seconds));

        await WhenStartedAsync(1);
        AssertStarted((id.Id, until));
        await StopAsync(pump);
    }

    private ConsumerPump Pump() => new(
        new HandlerDefinition { Name = "test/t", Integration = "test", Handler = (_, _) => Task.CompletedTask, Concurrency = 1 },
        new ConsumerState(1, null, null, null), default, this, _work, new BodyBudget(10_000), new CarrickOptions(), _clock, NullLogger.Instance);

    private (RecordId Id, DateTimeOffset Due) Put(ConsumerPump pump, TimeSpan? dueIn)
    {
        var now = _clock.GetUtcNow();
        var item = new WorkItem { Id = _ids.Next(), Consumer = 1, EventId = _ids.Next(), DueAt = now + dueIn };
        _work.Put(item);
        pump.Depth.Added();
        if (dueIn is not null)
        {
            pump.Depth.Delayed(wasDelayed: false);
        }

        return (item.Id, item.DueAt ?? now);
    }

    private void AssertStarted((RecordId Id, DateTimeOffset Due) expected)
    {
        var (id, at) = Assert.Single(_started);
        Assert.Equal(expected.Id, id);
        Assert.True(at >= expected.Due, $"Started {(expected.Due - at).TotalMilliseconds} ms before its time.");
    }

    private Task WhenReadAsync() => Wait.Until(() => _work.Reads >= 2);

    private Task WhenStartedAsync(int count) => Wait.Until(() => _started.Count >= count);

    private Task WhenDueAsync((RecordId Id, DateTimeOffset Due) expected) => Wait.Until(() => _clock.Peek() >= expected.Due);

    // The timer was set before the jump and fires at its old time; the pump then looks at the clock, and must not look on and on.
    private async Task WhenLookedAgainAsync(ConsumerPump pump, int reads)
    {
        var since = TimeProvider.System.GetTimestamp();
        await Wait.Until(() => TimeProvider.System.GetElapsedTime(since) > 2 * Ahead);
        Assert.InRange(_clock.Reads - reads, 0, ReadsOfALook);
        Assert.Equal(0, pump.RunningCount);
    }

    private static Task StopAsync(ConsumerPump pump) => pump.StopAsync();

    /// <summary>A wall clock that an operator or a time server sets; timers go by the machine's steady clock, as real ones do.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        private readonly Lock _lock = new();
        private TimeSpan _offset;
        private DateTimeOffset? _frozenAt;
        private int _reads;

        public int Reads => Volatile.Read(ref _reads);

        public override DateTimeOffset GetUtcNow()
        {
            Interlocked.Increment(ref _reads);
            return Peek();
        }

        public DateTimeOffset Peek()
        {
            lock (_lock)
            {
                return _frozenAt ?? (System.GetUtcNow() + _offset);
            }
        }

        public void Jump(TimeSpan by)
        {
            lock (_lock)
            {
                _offset += by;
            }
        }

        public void Freeze()
        {
            lock (_lock)
            {
                _frozenAt = System.GetUtcNow() + _offset;
            }
        }

        public void GoOn()
        {
            lock (_lock)
            {
                _offset += _frozenAt!.Value - (System.GetUtcNow() + _offset);
                _frozenAt = null;
            }
        }
    }
}
