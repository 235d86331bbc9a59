using Carrick.Retry;

namespace Carrick.Tests.Retry;

public sealed class RandomSourceTests
{
    [Fact]
    public void NextDouble_SameSeed_GivesTheSameNumbers()
    {
        var one = new RandomSource(7);
        var other = new RandomSource(7);
        Assert.Equal(Enumerable.Range(0, 100).Select(_ => one.NextDouble()), Enumerable.Range(0, 100).Select(_ => other.NextDouble()));
    }

    [Fact]
    public void NextDouble_NoSeed_DiffersBetweenSources() => Assert.NotEqual(new RandomSource().NextDouble(), new RandomSource().NextDouble());

    [Fact]
    public void NextDouble_FromManyThreads_StaysInRangeAndVaries()
    {
        var random = new RandomSource(1);
        var numbers = new double[20_000];
        Parallel.For(0, numbers.Length, i => numbers[i] = random.NextDouble());
        Assert.All(numbers, number => Assert.InRange(number, 0, 0.9999999999999999));
        Assert.True(numbers.Distinct().Count() > 19_000);
    }
}
