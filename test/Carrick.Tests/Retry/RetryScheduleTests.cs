using Carrick.Retry;
using CsCheck;

namespace Carrick.Tests.Retry;

public sealed class RetryScheduleTests
{
    private static readonly Gen<RetryPolicy> Policies =
        from start in Gen.Long[1, TimeSpan.FromHours(1).Ticks]
        from more in Gen.Long[0, TimeSpan.FromDays(6).Ticks]
        from factor in Gen.Double[1, 10]
        from jitter in Gen.Double[0, 1]
        select new RetryPolicy { Base = new(start), Cap = new(start + more), Factor = factor, Jitter = jitter };

    private static readonly Gen<double> Chances = Gen.Double[0, 1].Where(value => value < 1);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(12, 2_048)]
    [InlineData(13, 3_600)]
    [InlineData(1_000, 3_600)]
    [InlineData(int.MaxValue, 3_600)]
    public void Delay_WithoutJitter_DoublesUpToTheCap(int failures, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), RetrySchedule.Delay(new() { Jitter = 0 }, failures, new FixedRandom(0.9)));

    [Theory]
    [InlineData(0.0, 8.0)]
    [InlineData(0.5, 10.0)]
    [InlineData(0.75, 11.0)]
    public void Delay_WithJitter_MovesByTheShare(double chance, double seconds) =>
        Assert.Equal(
            TimeSpan.FromSeconds(seconds),
            RetrySchedule.Delay(new() { Base = TimeSpan.FromSeconds(10), Jitter = 0.2 }, 1, new FixedRandom(chance)));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Delay_NoFailure_Throws(int failures) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RetrySchedule.Delay(RetryPolicy.Default, failures, new FixedRandom(0)));

    [Fact]
    public void Delay_InfiniteFactorAndPolicyOfTheLargestNumbers_IsTheCap() =>
        Assert.Equal(
            TimeSpan.FromDays(7),
            RetrySchedule.Delay(new() { Base = TimeSpan.FromDays(7), Cap = TimeSpan.FromDays(7), Factor = 10, Jitter = 1 }, 1_000, new FixedRandom(0.999999)));

    [Fact]
    public void Delay_WithoutJitter_NeverFallsAsFailuresGrow() =>
        Gen.Select(Policies, Gen.Int[1, 999]).Sample((policy, failures) =>
        {
            policy = policy with { Jitter = 0 };
            var random = new FixedRandom(0.3);
            Assert.True(RetrySchedule.Delay(policy, failures, random) <= RetrySchedule.Delay(policy, failures + 1, random));
        });

    [Fact]
    public void Delay_AnyPolicyAndChance_IsWithinTheJitterAndTheCap() =>
        Gen.Select(Policies, Gen.Int[1, 1_000], Chances).Sample((policy, failures, chance) =>
        {
            var middle = RetrySchedule.Delay(policy with { Jitter = 0 }, failures, new FixedRandom(0));
            var delay = RetrySchedule.Delay(policy, failures, new FixedRandom(chance));
            Assert.InRange(delay, TimeSpan.Zero, policy.Cap);
            Assert.InRange(delay.Ticks, Math.Floor(middle.Ticks * (1 - policy.Jitter)) - 1, Math.Ceiling((middle.Ticks + 1) * (1 + policy.Jitter)));
        });

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.2, 1)]
    public void Delay_AsksChance_OnceAndOnlyForJitter(double jitter, int asked)
    {
        var random = new CountingRandom();
        RetrySchedule.Delay(new() { Jitter = jitter }, 1, random);
        Assert.Equal(asked, random.Asked);
    }

    private sealed class CountingRandom : IRandomSource
    {
        public int Asked { get; private set; }

        public double NextDouble()
        {
            Asked++;
            return 0.5;
        }
    }
}
