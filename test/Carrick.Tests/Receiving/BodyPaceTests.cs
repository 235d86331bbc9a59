using System.IO.Pipelines;
using Carrick.Receiving;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Carrick.Tests.Receiving;

public sealed class BodyPaceTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private readonly FakeTimeProvider _time = new();
    private readonly PipeReader _reader = new Pipe(new PipeOptions(readerScheduler: PipeScheduler.Inline)).Reader;

    [Fact]
    public void Pace_NothingComes_EndsAtTheGrace()
    {
        using var pace = Start();
        Assert.Equal(Grace, SecondsUntilTheEnd(pace, _ => 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(512)]
    [InlineData(1_000)]
    public void Pace_DripBelowTheRate_EndsAtTheGrace(int perSecond)
    {
        using var pace = Start();
        Assert.Equal(Grace, SecondsUntilTheEnd(pace, _ => perSecond));
    }

    [Fact]
    public void Pace_BurstThenNothing_EndsWithinTheGraceOfTheLastByte()
    {
        using var pace = Start();
        pace.Came(1_000_000);
        Assert.Equal(Grace, SecondsUntilTheEnd(pace, _ => 0));
    }

    [Fact]
    public void Pace_BurstThenADrip_EndsSoon()
    {
        using var pace = Start();
        pace.Came(1_000_000);
        Assert.InRange(SecondsUntilTheEnd(pace, _ => 512).TotalSeconds, 5, 10);
    }

    [Theory]
    [InlineData(1_300)]
    [InlineData(100_000)]
    public void Pace_AboveTheRate_GoesOn(int perSecond)
    {
        using var pace = Start();
        Assert.Equal(TimeSpan.FromSeconds(1_000), SecondsUntilTheEnd(pace, _ => perSecond));
    }

    [Fact]
    public void Pace_PausesShorterThanTheGrace_GoOn()
    {
        using var pace = Start();
        Assert.Equal(TimeSpan.FromSeconds(1_000), SecondsUntilTheEnd(pace, second => second % 4 == 0 ? 10_000 : 0));
    }

    [Fact]
    public void TryEnd_BeforeTheTime_NothingIsCancelledLater()
    {
        var pace = Start();
        Assert.True(pace.TryEnd());
        _time.Advance(Grace * 2);
        Assert.False(_reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().IsCompleted);
        pace.Dispose();
    }

    private BodyPace Start() => new(_reader, new BodyRate(1_024, Grace, _time), 0);

    // Advances second by second, with some bytes at the end of each, until the reader is cancelled.
    private TimeSpan SecondsUntilTheEnd(BodyPace pace, Func<int, int> bytes)
    {
        var reading = _reader.ReadAsync(TestContext.Current.CancellationToken).AsTask();
        for (var second = 1; second < 1_000; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            if (reading.IsCompleted)
            {
                Assert.True(reading.GetAwaiter().GetResult().IsCanceled);
                Assert.False(pace.TryEnd());
                return TimeSpan.FromSeconds(second);
            }

            if (bytes(second) is > 0 and var came)
            {
                pace.Came(came);
            }
        }

        return TimeSpan.FromSeconds(1_000);
    }
}
