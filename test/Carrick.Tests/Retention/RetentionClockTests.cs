using Carrick.Storage;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Retention;

/// <summary>Whatever the machine's clock does, nothing is old before its time has really passed.</summary>
public sealed class RetentionClockTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly LeapingTime _time = new(Start);

    [Fact]
    public void Read_OfAClockThatRunsWell_FollowsIt()
    {
        var clock = new RetentionClock(_time);
        _time.Advance(TimeSpan.FromDays(40));

        Assert.Equal((Start.AddDays(40), TimeSpan.Zero), (clock.Read(out var held), held));
    }

    [Fact]
    public void Read_AfterALeapForward_GoesOnAsTimePasses()
    {
        var clock = new RetentionClock(_time);
        _time.LeapTo(Start.AddDays(30));
        Assert.Equal((Start, TimeSpan.FromDays(30)), (clock.Read(out var held), held));

        _time.Advance(TimeSpan.FromDays(2));
        Assert.Equal(Start.AddDays(2), clock.Read());

        // Set right again.
        _time.LeapTo(Start.AddDays(2));
        Assert.Equal((Start.AddDays(2), TimeSpan.Zero), (clock.Read(out held), held));
    }

    [Fact]
    public void Read_AfterALeapBack_IsNeverAheadOfTheClock()
    {
        var clock = new RetentionClock(_time);
        _time.LeapTo(Start.AddDays(-30));

        Assert.Equal(Start.AddDays(-30), clock.Read());

        // What is stamped now must live as long as anything: so the clock that is set right is not followed at once.
        _time.LeapTo(Start);
        Assert.Equal(Start.AddDays(-30), clock.Read());
    }

    [Fact]
    public void Continue_AfterABreak_BelievesTheClockForAWeek()
    {
        var clock = new RetentionClock(_time);

        clock.Continue(null, trust: false);
        Assert.Equal(Start, clock.Read());
        clock.Continue(Start.AddDays(-7), trust: false);
        Assert.Equal(Start, clock.Read());
        clock.Continue(Start.AddDays(-8), trust: false);
        Assert.Equal((Start.AddDays(-1), TimeSpan.FromDays(1)), (clock.Read(out var held), held));
        clock.Continue(Start.AddDays(-8), trust: true);
        Assert.Equal(Start, clock.Read());
        clock.Continue(Start.AddDays(300), trust: false);
        Assert.Equal(Start, clock.Read());
    }

    [Fact]
    public void Stamps_AreNeverOldBeforeTheirTimeHasPassed() => Gen.Select(Gen.Int[0, 2], Gen.Int[-2_000, 2_000]).Array[1, 60].Sample(steps =>
    {
        var time = new LeapingTime(Start);
        var clock = new RetentionClock(time);
        var retention = TimeSpan.FromHours(300);
        List<(DateTimeOffset Stamp, long At)> stamps = [];
        foreach (var (kind, hours) in steps)
        {
            switch (kind)
            {
                case 0: time.Advance(TimeSpan.FromHours(Math.Abs(hours) / 10.0)); break;
                case 1: time.LeapTo(time.GetUtcNow().AddHours(hours)); break;
                default: stamps.Add((time.GetUtcNow(), time.GetTimestamp())); break;
            }

            var now = clock.Read();
            Assert.All(stamps, item => Assert.True(item.Stamp >= now - retention || time.GetElapsedTime(item.At) > retention));
        }
    });

    /// <summary>A clock that is set while time passes as it does.</summary>
    private sealed class LeapingTime(DateTimeOffset start) : TimeProvider
    {
        private TimeSpan _leapt;
        private TimeSpan _passed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => start + _leapt + _passed;

        public override long GetTimestamp() => _passed.Ticks;

        public void Advance(TimeSpan time) => _passed += time;

        public void LeapTo(DateTimeOffset now) => _leapt = now - start - _passed;
    }
}
