using Carrick.Handlers;

namespace Carrick.Tests.Handlers;

public sealed class HandlerPaceTests
{
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void In_BeforeAnyHandlerHasRun_IsNone() => Assert.Equal(0, new HandlerPace().In(Linger));

    [Fact]
    public void In_AfterASlowHandlerAmongFastOnes_FollowsItAtOnceAndTheFastOnesSlowly()
    {
        var pace = new HandlerPace();
        pace.Took(TimeSpan.FromMilliseconds(1));
        Assert.Equal(10, pace.In(Linger));

        pace.Took(TimeSpan.FromMilliseconds(100));
        Assert.Equal(0, pace.In(Linger));

        for (var i = 0; i < 8; i++)
        {
            pace.Took(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(0, pace.In(Linger));
        for (var i = 0; i < 40; i++)
        {
            pace.Took(TimeSpan.FromMilliseconds(1));
        }

        Assert.InRange(pace.In(Linger), 7, 10);
    }

    [Fact]
    public void In_OfHandlersThatTakeNoTime_IsWithoutLimit()
    {
        var pace = new HandlerPace();
        pace.Took(TimeSpan.Zero);

        Assert.Equal(int.MaxValue, pace.In(Linger));
    }
}
