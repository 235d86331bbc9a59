using Carrick.Handlers;
using CsCheck;

namespace Carrick.Tests.Handlers;

public sealed class HandlerPaceTests
{
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void In_BeforeAnyHandlerHasRun_IsNone() => Assert.Equal(0, new HandlerPace().In(Linger));

    [Fact]
    public void In_AfterAHandlerMuchSlowerThanTheLinger_IsNoneForAWhile()
    {
        var pace = new HandlerPace();
        pace.Took(TimeSpan.FromMilliseconds(1));
        Assert.Equal(10, pace.In(Linger));

        pace.Took(TimeSpan.FromMilliseconds(100));
        Assert.Equal(0, pace.In(Linger));

        pace.Took(TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, pace.In(Linger));
        for (var i = 0; i < 40; i++)
        {
            pace.Took(TimeSpan.FromMilliseconds(1));
        }

        Assert.InRange(pace.In(Linger), 9, 10);
    }

    [Fact]
    public void In_AfterOneThatWaitedForTheProcessor_IsStillSeveral()
    {
        var pace = new HandlerPace();
        for (var i = 0; i < 20; i++)
        {
            pace.Took(TimeSpan.FromMilliseconds(0.5));
        }

        pace.Took(TimeSpan.FromMilliseconds(20));

        Assert.InRange(pace.In(Linger), 3, 4);
    }

    [Fact]
    public void In_OfAnyTimes_LiesBetweenThoseOfTheFastestAndTheSlowest() => Gen.Int[1, 100_000].Array[1, 50].Sample(microseconds =>
    {
        var pace = new HandlerPace();
        foreach (var time in microseconds)
        {
            pace.Took(TimeSpan.FromMicroseconds(time));
        }

        var linger = (int)Linger.TotalMicroseconds;
        return pace.In(Linger) >= linger / microseconds.Max() && pace.In(Linger) <= linger / microseconds.Min();
    });

    [Fact]
    public void In_OfHandlersThatTakeNoTime_IsWithoutLimit()
    {
        var pace = new HandlerPace();
        pace.Took(TimeSpan.Zero);

        Assert.Equal(int.MaxValue, pace.In(Linger));
    }
}
