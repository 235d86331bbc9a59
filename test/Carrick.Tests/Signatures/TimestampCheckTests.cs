using Carrick.Signatures;
using Carrick.Storage.Rows;
using Microsoft.AspNetCore.Http;

namespace Carrick.Tests.Signatures;

public sealed class TimestampCheckTests
{
    private const long Seconds = 1_760_000_000;
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds((Seconds * 1000) + 900);

    [Theory]
    [InlineData(Seconds - 300, SignatureFailure.None)]
    [InlineData(Seconds - 301, SignatureFailure.StaleTimestamp)]
    [InlineData(Seconds + 300, SignatureFailure.None)]
    [InlineData(Seconds + 301, SignatureFailure.FutureTimestamp)]
    [InlineData(0, SignatureFailure.StaleTimestamp)]
    [InlineData(999_999_999_999_999, SignatureFailure.FutureTimestamp)]
    public void Check_Seconds_AreComparedInWholeSeconds(long sent, object failure) =>
        Assert.Equal(failure, Check(TimestampFormat.UnixSeconds, $"{sent}"));

    [Theory]
    [InlineData(-300_000, SignatureFailure.None)]
    [InlineData(-300_001, SignatureFailure.StaleTimestamp)]
    [InlineData(300_000, SignatureFailure.None)]
    [InlineData(300_001, SignatureFailure.FutureTimestamp)]
    public void Check_FinerFormats_AreComparedInMilliseconds(long offset, object failure)
    {
        var sent = Now.AddMilliseconds(offset);
        Assert.Equal(failure, Check(TimestampFormat.UnixMilliseconds, $"{sent.ToUnixTimeMilliseconds()}"));
        Assert.Equal(failure, Check(TimestampFormat.Iso8601, TimestampCheck.Format(sent, TimestampFormat.Iso8601)));
    }

    [Theory]
    [InlineData(-299, SignatureFailure.None)]
    [InlineData(-300, SignatureFailure.StaleTimestamp)]
    [InlineData(300, SignatureFailure.None)]
    [InlineData(301, SignatureFailure.FutureTimestamp)]
    public void Check_HttpDate_IsAWholeSecondBeforeOurs(int offset, object failure) =>
        Assert.Equal(failure, Check(TimestampFormat.HttpDate, TimestampCheck.Format(Now.AddSeconds(offset), TimestampFormat.HttpDate)));

    [Theory]
    [InlineData("2025-10-09T08:53:20Z")]
    [InlineData("2025-10-09T08:53:20")]
    [InlineData("2025-10-09T10:53:20+02:00")]
    [InlineData("2025-10-09T08:53:20.1Z")]
    [InlineData("2025-10-09T08:53:20.1234567+00:00")]
    public void Check_Iso8601_ReadsFractionsAndOffsets(string text) => Assert.Equal(SignatureFailure.None, Check(TimestampFormat.Iso8601, text));

    [Theory]
    [InlineData(TimestampFormat.UnixSeconds, "1760000000.0")]
    [InlineData(TimestampFormat.UnixSeconds, " 1760000000")]
    [InlineData(TimestampFormat.UnixSeconds, "-1")]
    [InlineData(TimestampFormat.UnixSeconds, "0000001760000000")]
    [InlineData(TimestampFormat.UnixSeconds, "now")]
    [InlineData(TimestampFormat.UnixMilliseconds, "+1760000000900")]
    [InlineData(TimestampFormat.Iso8601, "2025-10-09")]
    [InlineData(TimestampFormat.Iso8601, "1760000000")]
    [InlineData(TimestampFormat.Iso8601, "Thu, 09 Oct 2025 08:53:20 GMT")]
    [InlineData(TimestampFormat.HttpDate, "2025-10-09T08:53:20Z")]
    [InlineData(TimestampFormat.HttpDate, "1760000000")]
    public void Check_OtherSpelling_IsMalformed(object format, string text) =>
        Assert.Equal(SignatureFailure.MalformedTimestamp, Check((TimestampFormat)format, text));

    [Fact]
    public void Check_FifteenDigits_AreStillANumber() => Assert.Equal(SignatureFailure.None, Check(TimestampFormat.UnixSeconds, "000001760000000"));

    [Fact]
    public void Check_NoTime_IsAMissingField() => Assert.Equal(SignatureFailure.MissingField, Check(TimestampFormat.UnixSeconds, null));

    [Fact]
    public void Format_EachFormat_IsAsItsNameSays()
    {
        Assert.Equal("1760000000", TimestampCheck.Format(Now, TimestampFormat.UnixSeconds));
        Assert.Equal("1760000000900", TimestampCheck.Format(Now, TimestampFormat.UnixMilliseconds));
        Assert.Equal("Thu, 09 Oct 2025 08:53:20 GMT", TimestampCheck.Format(Now, TimestampFormat.HttpDate));
        Assert.Equal("2025-10-09T08:53:20.900Z", TimestampCheck.Format(Now.ToOffset(TimeSpan.FromHours(2)), TimestampFormat.Iso8601));
    }

    private static SignatureFailure Check(TimestampFormat format, string? text)
    {
        var headers = new HeaderDictionary();
        if (text is not null)
        {
            headers["x-time"] = text;
        }

        var plan = new TimestampPlan("x-time", null, format, TimeSpan.FromSeconds(300));
        return TimestampCheck.Check(plan, new WebhookRequest("POST", "", headers, default), default, Now);
    }
}
