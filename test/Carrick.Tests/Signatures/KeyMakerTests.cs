using Carrick.Signatures;

namespace Carrick.Tests.Signatures;

public sealed class KeyMakerTests
{
    private const string PublicKey = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    private static readonly AlternativePlan Text = Plan("slack", "default");
    private static readonly AlternativePlan Prefixed = Plan("standard-webhooks", "v1");
    private static readonly AlternativePlan Public = Plan("standard-webhooks", "v1a");
    private static readonly AlternativePlan Basic = Plan("basic", "default");

    [Fact]
    public void TryMake_Text_IsTheKeysBytes()
    {
        var key = KeyMaker.TryMake(Text, "abcde", 3, out var problem);
        Assert.Null(problem);
        Assert.Equal((3, "6162636465", null), (key!.Number, Convert.ToHexString(key.Bytes), key.PublicKey));
    }

    [Theory]
    [InlineData("whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY", "0102030405060708090a0b0c0d0e0f101112131415161718")]
    [InlineData("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY", "0102030405060708090a0b0c0d0e0f101112131415161718")]
    public void TryMake_OptionalPrefix_IsCutOff(string secret, string hex) =>
        Assert.Equal(hex, Convert.ToHexStringLower(KeyMaker.TryMake(Prefixed, secret, 1, out _)!.Bytes));

    [Theory]
    [InlineData("abcd", "is too short: at least 5 bytes are needed")]
    [InlineData("", "is too short: at least 5 bytes are needed")]
    [InlineData("\0\0\0\0\0\0", "is all zero bytes")]
    public void TryMake_WeakText_SaysWhy(string secret, string problem) => AssertProblem(Text, secret, problem);

    [Theory]
    [InlineData("\0\0\0\0a")]
    [InlineData("a\0\0\0\0")]
    public void TryMake_OneByteThatIsNotZero_IsAKey(string secret) => Assert.NotNull(KeyMaker.TryMake(Text, secret, 1, out _));

    [Theory]
    [InlineData("whsec_???", "is not base64")]
    [InlineData("whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhc=", "is too short: at least 24 bytes are needed, 32 characters of base64")]
    [InlineData("WHSEC_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY", "is not base64")]
    public void TryMake_WrongBase64_SaysWhy(string secret, string problem) => AssertProblem(Prefixed, secret, problem);

    [Theory]
    [InlineData("hex", 5, "01020304", "is too short: at least 5 bytes are needed, 10 characters of hex")]
    [InlineData("base64url", 25, "AQIDBAU", "is too short: at least 25 bytes are needed, 34 characters of base64url")]
    [InlineData("utf8", 8, "1234567", "is too short: at least 8 bytes are needed")]
    public void TryMake_ShorterThanTheSchemeWants_SaysHowLongAsWritten(string encoding, int minimum, string secret, string problem) => AssertProblem(
        WebhookScheme.Parse($$"""{"name":"x","kind":"mac","algorithm":"hmac-sha256","key":{"encoding":"{{encoding}}","minBytes":{{minimum}}},"signature":{"header":"s"},"content":"{body}"}""").Plan.Alternatives[0],
        secret, problem);

    [Theory]
    [InlineData("someone:secret", null)]
    [InlineData("a:bcd", null)]
    [InlineData("someone", "is not 'user:password'")]
    [InlineData("a:b", "is too short: at least 5 bytes are needed")]
    public void TryMake_Basic_NeedsAUserAndAPassword(string secret, string? problem)
    {
        var key = KeyMaker.TryMake(Basic, secret, 1, out var found);
        Assert.Equal((problem, problem is null), (found, key is not null));
    }

    [Fact]
    public void TryMake_TextWithoutColon_IsNoMatterElsewhere() => Assert.NotNull(KeyMaker.TryMake(Text, "someone", 1, out _));

    [Fact]
    public void TryMake_PublicKey_IsImported()
    {
        var key = KeyMaker.TryMake(Public, "whpk_" + PublicKey, 2, out var problem);
        Assert.Null(problem);
        Assert.Equal((2, PublicKey), (key!.Number, Convert.ToBase64String(key.Bytes)));
        Assert.NotNull(key.PublicKey);
    }

    [Theory]
    [InlineData(PublicKey, "does not begin with 'whpk_'")]
    [InlineData("whpk_!", "is not base64")]
    [InlineData("whpk_", "is not an Ed25519 public key of 32 bytes")]
    [InlineData("whpk_AQIDBAU=", "is not an Ed25519 public key of 32 bytes")]
    [InlineData("whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==", "is not an Ed25519 public key of 32 bytes")]
    [InlineData("whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "is a weak Ed25519 key (a point of small order)")]
    public void TryMake_WrongPublicKey_SaysWhy(string secret, string problem) => AssertProblem(Public, secret, problem);

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
    [InlineData("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void IsSmallOrder_KnownPoint_WithEitherSign(string hex)
    {
        var point = Convert.FromHexString(hex);
        AssertWeak(point);
        point[31] ^= 0x80;
        AssertWeak(point);
        point[31] ^= 0x80;
        point[1] ^= 0x10;
        Assert.False(KeyMaker.IsSmallOrder(point));
    }

    [Fact]
    public void IsSmallOrder_RealKey_IsFalse() => Assert.False(KeyMaker.IsSmallOrder(Convert.FromBase64String(PublicKey)));

    private static void AssertWeak(byte[] point)
    {
        Assert.True(KeyMaker.IsSmallOrder(point));
        AssertProblem(Public, "whpk_" + Convert.ToBase64String(point), "is a weak Ed25519 key (a point of small order)");
    }

    private static void AssertProblem(AlternativePlan plan, string secret, string problem)
    {
        Assert.Null(KeyMaker.TryMake(plan, secret, 1, out var found));
        Assert.Equal(problem, found);
    }

    private static AlternativePlan Plan(string scheme, string alternative)
    {
        Assert.True(WebhookScheme.TryGet(scheme, out var found));
        return found.Plan.Alternatives.Single(plan => plan.Name == alternative);
    }
}
