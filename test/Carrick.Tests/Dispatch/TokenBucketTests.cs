using Carrick.Dispatch;
using Carrick.Integrations;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Dispatch;

public sealed class TokenBucketTests
{
    private readonly FakeTimeProvider _time = new(Work.Start);

    [Fact]
    public void TryTake_FullBucket_GivesThePermitsThenSaysWhenTheNextComes()
    {
        var bucket = new TokenBucket(new RateLimit(4, TimeSpan.FromSeconds(2)), _time);
        for (var i = 0; i < 4; i++)
        {
            Assert.True(bucket.TryTake(out var at));
            Assert.Equal(Work.Start, at);
        }

        Assert.False(bucket.TryTake(out var next));
        Assert.Equal(Work.Start.AddSeconds(0.5), next);
    }

    [Theory]
    [InlineData(4, 1, 1)]
    [InlineData(4, 3, 3)]
    [InlineData(1, 3, 4)]
    public void GiveBack_OfTokens_GivesThemAgainUpToThePermits(int taken, int back, int left)
    {
        var bucket = new TokenBucket(new RateLimit(4, TimeSpan.FromSeconds(2)), _time);
        for (var i = 0; i < taken; i++)
        {
            Assert.True(bucket.TryTake(out _));
        }

        bucket.GiveBack(back);
        for (var i = 0; i < left; i++)
        {
            Assert.True(bucket.TryTake(out _));
        }

        Assert.False(bucket.TryTake(out _));
    }

    [Fact]
    public void TryTake_AtTheTimeItSaid_GivesOne()
    {
        var bucket = new TokenBucket(new RateLimit(3, TimeSpan.FromSeconds(1)), _time);
        while (bucket.TryTake(out _))
        {
        }

        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(bucket.TryTake(out var next));
        Assert.InRange((next - Work.Start).Ticks, TimeSpan.TicksPerSecond / 3, (TimeSpan.TicksPerSecond / 3) + 1);
        _time.SetUtcNow(next);
        Assert.True(bucket.TryTake(out _));
        Assert.False(bucket.TryTake(out _));
    }

    [Fact]
    public void TryTake_AfterALongRest_GivesNoMoreThanThePermits()
    {
        var bucket = new TokenBucket(new RateLimit(5, TimeSpan.FromSeconds(1)), _time);
        Assert.True(bucket.TryTake(out _));
        _time.Advance(TimeSpan.FromHours(1));
        var taken = 0;
        while (bucket.TryTake(out _))
        {
            taken++;
        }

        Assert.Equal(5, taken);
    }

    [Fact]
    public void TryTake_ClockStepsBack_AddsAndTakesNothing()
    {
        var bucket = new TokenBucket(new RateLimit(2, TimeSpan.FromSeconds(2)), _time);
        Assert.True(bucket.TryTake(out _));
        _time.AdjustTime(Work.Start.AddSeconds(-10));
        Assert.True(bucket.TryTake(out _));
        Assert.False(bucket.TryTake(out var next));
        Assert.Equal(Work.Start.AddSeconds(-9), next);
        _time.AdjustTime(Work.Start.AddSeconds(-9));
        Assert.True(bucket.TryTake(out _));
        Assert.False(bucket.TryTake(out _));
    }

    [Fact]
    public void TryTake_AnyLoad_NeverGivesMoreThanPermitsPlusRate() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 5_000], Gen.Int[0, 400].Array[1, 200]).Sample((permits, period, waits) =>
        {
            var time = new FakeTimeProvider(Work.Start);
            var limit = new RateLimit(permits, TimeSpan.FromMilliseconds(period));
            var bucket = new TokenBucket(limit, time);
            var taken = 0;
            foreach (var wait in waits)
            {
                time.Advance(TimeSpan.FromMilliseconds(wait));
                var now = time.GetUtcNow();
                var got = bucket.TryTake(out var at);
                taken += got ? 1 : 0;
                Assert.True(got ? at == now : at > now, $"{at} at {now}");
                var allowed = permits + ((now - Work.Start) / limit.Period * permits);
                Assert.True(taken <= allowed + 0.001, $"{taken} of {allowed}");
            }
        });
}
