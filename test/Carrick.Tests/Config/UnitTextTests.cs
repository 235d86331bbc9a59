using Carrick.Integrations;
using Carrick.Server.Config;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Config;

public sealed class UnitTextTests
{
    [Fact]
    public void Duration_FormatThenParse_IsTheSame() => Gen.Long[0, 36_500L * 24 * 3_600 * 1_000].Sample(milliseconds =>
    {
        var duration = TimeSpan.FromTicks(milliseconds * TimeSpan.TicksPerMillisecond);
        return DurationText.TryParse(DurationText.Format(duration), out var parsed) && parsed == duration;
    });

    [Fact]
    public void Rate_FormatThenParse_IsTheSame() => Gen.Select(Gen.Int[1, 1_000_000], Gen.Int[0, 2]).Sample((permits, unit) =>
    {
        var rate = new RateLimit(permits, TimeSpan.FromSeconds(unit switch { 0 => 1, 1 => 60, _ => 3_600 }));
        return RateText.TryParse(RateText.Format(rate), out var parsed) && parsed == rate;
    });

    [Fact]
    public void Size_FormatThenParse_IsTheSame() => Gen.OneOf(Gen.Long[0, 1L << 40], Gen.Long[0, 1L << 20].Select(kilobytes => kilobytes << 10)).Sample(bytes =>
        SizeText.TryParse(SizeText.Format(bytes), out var parsed) && parsed == bytes);

    [Fact]
    public void Texts_AnyText_AreRefusedOrInRange() => Gen.String.Sample(text =>
        (!DurationText.TryParse(text, out var duration) || duration >= TimeSpan.Zero)
        && (!RateText.TryParse(text, out var rate) || rate.Permits > 0)
        && (!SizeText.TryParse(text, out var bytes) || bytes >= 0));

    [Theory]
    [InlineData("15s", 15_000)]
    [InlineData("500ms", 500)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData("0s", 0)]
    public void Duration_Text_IsRead(string text, long milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out var duration));
        Assert.Equal(milliseconds, (long)duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("15")]
    [InlineData("-1s")]
    [InlineData("1.5s")]
    [InlineData("1 s")]
    [InlineData("1S")]
    [InlineData("1w")]
    [InlineData("36501d")]
    [InlineData("9999999999999s")]
    [InlineData("\u0661s")]
    public void Duration_OtherText_IsRefused(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Theory]
    [InlineData("0/s")]
    [InlineData("1000001/s")]
    [InlineData("50")]
    [InlineData("50/d")]
    [InlineData("-1/s")]
    [InlineData("1.5/s")]
    [InlineData("/s")]
    public void Rate_OtherText_IsRefused(string text) => Assert.False(RateText.TryParse(text, out _));

    [Theory]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("1MB")]
    [InlineData("-1")]
    [InlineData("1025GiB")]
    public void Size_OtherText_IsRefused(string text) => Assert.False(SizeText.TryParse(text, out _));

    [Theory]
    [InlineData("a${A}b", "a1b")]
    [InlineData("${A}${A}", "11")]
    [InlineData("$${A}", "${A}")]
    [InlineData("$$${A}", "$${A}")]
    [InlineData("$A", "$A")]
    [InlineData("100$", "100$")]
    public void Variable_Text_IsFilledIn(string text, string expected)
    {
        var expansion = VariableText.Expand(text, name => name == "A" ? "1" : null);

        Assert.Equal((expected, 0), (expansion.Text, expansion.Problems.Count));
    }

    [Fact]
    public void Variable_ValueWithVariable_IsNotFilledInAgain() => Assert.Equal("${B}", VariableText.Expand("${A}", _ => "${B}").Text);

    [Theory]
    [InlineData("jiter", "jitter")]
    [InlineData("SECRET", "secrets")]
    [InlineData("ulr", "url")]
    [InlineData("wholly-different", null)]
    [InlineData("", null)]
    public void Suggestion_Text_IsTheNearestNameOrNone(string text, string? expected) =>
        Assert.Equal(expected, Suggestion.Nearest(text, ["jitter", "secrets", "url", "scheme"]));
}
