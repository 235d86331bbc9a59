using System.Globalization;
using Carrick.Delivery;
using CsCheck;

namespace Carrick.Tests.Delivery;

public sealed class RetryAfterHeaderTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, 250, TimeSpan.Zero);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("120", 120)]
    [InlineData(" 7\t", 7)]
    [InlineData("604799", 604_799)]
    [InlineData("604800", 604_800)]
    [InlineData("604801", 604_800)]
    [InlineData("1000000000000", 604_800)]
    [InlineData("99999999999999999999999999999999999999", 604_800)]
    public void Read_Seconds_CountsFromTheResponse(string value, int seconds) =>
        Assert.Equal(Now.AddSeconds(seconds), RetryAfterHeader.Read([value], Now));

    [Theory]
    [InlineData("Sun, 01 Mar 2026 12:00:30 GMT")]
    [InlineData("Sunday, 01-Mar-26 12:00:30 GMT")]
    [InlineData("Sun Mar  1 12:00:30 2026")]
    [InlineData("Sun Mar 01 12:00:30 2026")]
    [InlineData("Mon, 01 Mar 2026 12:00:30 GMT")]
    [InlineData("Sun, 01 Mar 2026 11:59:60 GMT", 0)]
    [InlineData("Sun, 01 Mar 2026 12:00:60 GMT", 60)]
    [InlineData("Fri, 31 Dec 9999 23:59:60 GMT", 604_800, 250)]
    [InlineData("Sun, 01 Mar 2126 12:00:30 GMT", 604_800, 250)]
    public void Read_Date_IsThatInstant(string value, int seconds = 30, int milliseconds = 0)
    {
        var expected = Now.AddMilliseconds(-250 + milliseconds).AddSeconds(seconds);
        Assert.Equal(expected > Now ? expected : Now, RetryAfterHeader.Read([value], Now));
    }

    [Theory]
    [InlineData("Sat, 28 Feb 2026 12:00:00 GMT")]
    [InlineData("Sunday, 06-Nov-94 08:49:37 GMT")]
    [InlineData("Thu Jan  1 00:00:00 1970")]
    public void Read_DateInThePast_IsNow(string value) => Assert.Equal(Now, RetryAfterHeader.Read([value], Now));

    [Theory]
    [InlineData("0")]
    [InlineData("Sat, 28 Feb 2026 12:00:00 GMT")]
    public void Read_NoWait_IsNotInTheFutureWhateverTheFractionOfAMillisecond(string value) =>
        Assert.Equal(Now.AddTicks(1), RetryAfterHeader.Read([value], Now.AddTicks(1)));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.5")]
    [InlineData("1e12")]
    [InlineData("0x10")]
    [InlineData("soon")]
    [InlineData("\u00a07")]
    [InlineData("7\n")]
    [InlineData("\u0661\u0662")]
    [InlineData("Sun")]
    [InlineData("Sun,")]
    [InlineData("Sun, ")]
    [InlineData("Sun,01 Mar 2026 12:00:30 GMT")]
    [InlineData("Sun, 01 Mar 2026 12:00:30")]
    [InlineData("Sun, 01 Mar 2026 12:00:30 +0100")]
    [InlineData("Sun, 31 Feb 2026 12:00:30 GMT")]
    [InlineData("Sun, 01 Mar 2026 25:00:30 GMT")]
    [InlineData("2026-03-01T12:00:30Z")]
    public void Read_Garbage_IsNull(string value) => Assert.Null(RetryAfterHeader.Read([value], Now));

    [Fact]
    public void Read_NoLine_IsNull() => Assert.Null(RetryAfterHeader.Read([], Now));

    [Fact]
    public void Read_SeveralLines_TakesTheLatestThatCanBeRead() =>
        Assert.Equal(Now.AddSeconds(90), RetryAfterHeader.Read(["5", "nonsense", "90", "Sun, 01 Mar 2026 12:00:30 GMT", "-3"], Now));

    [Theory]
    [InlineData("Friday, 01-Mar-76 12:00:00 GMT", true)]
    [InlineData("Friday, 02-Mar-76 12:00:01 GMT", false)]
    public void Read_YearOfTwoDigits_IsAtMostFiftyYearsAhead(string value, bool ahead) =>
        Assert.Equal(ahead ? Now.AddDays(7) : Now, RetryAfterHeader.Read([value], Now));

    [Fact]
    public void Read_AnySeconds_IsNeverEarlierThanAskedAndUnderAMillisecondLater() =>
        Gen.Select(Gen.Long[0, 2_000_000], Gen.Long[0, TimeSpan.TicksPerDay]).Sample((seconds, ticks) =>
        {
            var receivedAt = Now.AddTicks(ticks);
            var asked = receivedAt.AddSeconds(Math.Min(seconds, 604_800));
            var read = RetryAfterHeader.Read([seconds.ToString(CultureInfo.InvariantCulture)], receivedAt)!.Value;
            Assert.InRange(read, asked, asked.AddTicks(TimeSpan.TicksPerMillisecond - 1));
            Assert.Equal(0, read.Ticks % TimeSpan.TicksPerMillisecond);
        });

    [Fact]
    public void Read_AnyDateInAnyForm_IsNeverEarlierThanTheDate() =>
        Gen.Select(Gen.Long[-800_000, 800_000], Gen.Int[0, 2]).Sample((seconds, form) =>
        {
            var date = Now.AddMilliseconds(-250).AddSeconds(seconds);
            var text = date.ToString(
                form switch { 0 => "r", 1 => "dddd, dd-MMM-yy HH:mm:ss 'GMT'", _ => "ddd MMM dd HH:mm:ss yyyy" }, CultureInfo.InvariantCulture);
            var read = RetryAfterHeader.Read([text], Now);
            Assert.Equal(date < Now ? Now : date > Now.AddDays(7) ? Now.AddDays(7) : date, read);
        });

    [Fact]
    public void Read_AnyText_NeverThrows() =>
        Gen.String.Sample(text =>
        {
            var read = RetryAfterHeader.Read([text, "Sun, " + text, text + " GMT"], Now);
            Assert.True(read is null || (read >= Now && read <= Now.AddDays(7)));
        });
}
