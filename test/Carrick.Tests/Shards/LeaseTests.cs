using Carrick.Shards;

namespace Carrick.Tests.Shards;

/// <summary>A lease by two clocks, each of which can go on without the other.</summary>
public sealed class LeaseTests
{
    private static readonly TimeSpan Lasts = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(500);
    private readonly TwoClocks _clocks = new();
    private readonly Lease _lease;

    public LeaseTests() => _lease = new Lease(_clocks);

    [Fact]
    public void Lease_NeverGiven_IsCurrentWhateverTheClocksDo()
    {
        _clocks.Pass(TimeSpan.FromDays(1));
        _clocks.Jump(TimeSpan.FromDays(-3));
        Assert.True(_lease.IsCurrent);
    }

    [Fact]
    public void Lease_ThatIsLookedAt_IsCurrentForAsLongAsItLasts()
    {
        Renew();
        for (var passed = Moment; passed < Lasts; passed += Moment)
        {
            _clocks.Pass(Moment);
            Assert.True(_lease.IsCurrent, $"{passed}");
        }

        _clocks.Pass(Moment);
        Assert.False(_lease.IsCurrent);
        Renew();
        Assert.True(_lease.IsCurrent);
    }

    [Theory]
    [InlineData(9.0)]
    [InlineData(2.0)]
    [InlineData(3600.0)]
    public void Lease_AfterASuspensionThatTheMonotonicClockDoesNotCount_IsOverUntilItIsRenewed(double seconds)
    {
        Renew();
        _clocks.Jump(TimeSpan.FromSeconds(seconds));
        Assert.False(_lease.IsCurrent);
        _clocks.Pass(Moment);
        Assert.False(_lease.IsCurrent);
        Renew();
        Assert.True(_lease.IsCurrent);
    }

    [Fact]
    public void Lease_AfterManyShortSuspensions_IsOverWhenTheyCount()
    {
        Renew();
        for (var i = 0; i < 3; i++)
        {
            _clocks.Jump(TimeSpan.FromMilliseconds(400));
            _clocks.Pass(Moment);
        }

        Assert.False(_lease.IsCurrent);
    }

    [Theory]
    [InlineData(-3600.0)]
    [InlineData(-2.0)]
    [InlineData(2.0)]
    public void Lease_AfterTheWallClockWasSet_CostsOneRenewal(double seconds)
    {
        Renew();
        _clocks.Jump(TimeSpan.FromSeconds(seconds));
        Assert.False(_lease.IsCurrent);
        Renew();
        for (var passed = Moment; passed < Lasts; passed += Moment)
        {
            _clocks.Pass(Moment);
            Assert.True(_lease.IsCurrent);
        }
    }

    [Fact]
    public void Lease_WhoseClockIsSlewed_StaysCurrent()
    {
        Renew();
        for (var i = 0; i < 14; i++)
        {
            _clocks.Pass(Moment);
            _clocks.Jump(TimeSpan.FromMilliseconds(i % 2 == 0 ? 20 : -5));
            Assert.True(_lease.IsCurrent);
        }
    }

    [Fact]
    public void Lease_AtWhichNobodyHasLookedForAWhile_IsRenewedBeforeItCounts()
    {
        Renew();
        _clocks.Pass(TimeSpan.FromSeconds(4));
        Assert.False(_lease.IsCurrent);
        _clocks.Pass(Moment);
        Assert.False(_lease.IsCurrent);
        Renew();
        Assert.True(_lease.IsCurrent);
    }

    [Fact]
    public void Renewed_AskedBeforeASuspensionAndAnsweredAfterIt_DoesNotCount()
    {
        Renew();
        var asked = _lease.Ask();
        _clocks.Jump(TimeSpan.FromSeconds(20));
        _lease.Renewed(asked, Lasts);
        Assert.False(_lease.IsCurrent);

        asked = _lease.Ask();
        _clocks.Pass(TimeSpan.FromSeconds(5));
        Assert.False(_lease.IsCurrent);
        _lease.Renewed(asked, Lasts);
        Assert.False(_lease.IsCurrent);
        Renew();
        Assert.True(_lease.IsCurrent);
    }

    private void Renew()
    {
        var asked = _lease.Ask();
        _lease.Renewed(asked, Lasts);
    }

    private sealed class TwoClocks : TimeProvider
    {
        private long _ticks = 1_000;
        private DateTimeOffset _wall = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        /// <summary>Time that both clocks count.</summary>
        public void Pass(TimeSpan time)
        {
            _ticks += time.Ticks;
            _wall += time;
        }

        /// <summary>Time that the monotonic clock does not count, or a wall clock that was set.</summary>
        public void Jump(TimeSpan time) => _wall += time;

        public override long GetTimestamp() => _ticks;

        public override DateTimeOffset GetUtcNow() => _wall;
    }
}
