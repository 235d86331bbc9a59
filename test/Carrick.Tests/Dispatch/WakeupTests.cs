using Carrick.Dispatch;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Dispatch;

public sealed class WakeupTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _time = new(Work.Start);

    [Fact]
    public async Task WaitAsync_SetBefore_EndsAtOnceAndOnce()
    {
        using var wakeup = new Wakeup(_time);
        wakeup.Set();
        wakeup.Set();
        Assert.True(wakeup.WaitAsync(null).IsCompletedSuccessfully);
        var second = wakeup.WaitAsync(null);
        Assert.False(second.IsCompleted);
        wakeup.Set();
        await second.WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.False(wakeup.WaitAsync(null).IsCompleted);
    }

    [Fact]
    public async Task WaitAsync_SetMeanwhile_Ends()
    {
        using var wakeup = new Wakeup(_time);
        var wait = wakeup.WaitAsync(TimeSpan.FromHours(1));
        wakeup.Set();
        await wait.WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(-5, 0)]
    [InlineData(0, 0)]
    [InlineData(0.2, 1)]
    [InlineData(1, 1)]
    [InlineData(1.5, 2)]
    [InlineData(3_600_001, 3_600_000)]
    public async Task WaitAsync_AtMost_EndsAtThatTimeRoundedUp(double milliseconds, int expected)
    {
        using var wakeup = new Wakeup(_time);
        var wait = wakeup.WaitAsync(TimeSpan.FromTicks((long)(milliseconds * TimeSpan.TicksPerMillisecond)));
        if (expected > 0)
        {
            _time.Advance(TimeSpan.FromMilliseconds(expected) - TimeSpan.FromTicks(1));
            Assert.False(wait.IsCompleted);
            _time.Advance(TimeSpan.FromTicks(1));
        }

        await wait.WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Dispose_WithATimerSet_DropsIt()
    {
        var wakeup = new Wakeup(_time);
        var wait = wakeup.WaitAsync(TimeSpan.FromMilliseconds(1));
        wakeup.Dispose();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(wait.IsCompleted);
    }
}
