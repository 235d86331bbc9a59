using System.Text;
using Carrick.Delivery;
using CsCheck;

namespace Carrick.Tests.Delivery;

public sealed class StandardWebhooksSignerTests
{
    private const string First = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Second = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    [Theory]
    [InlineData(First, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}""", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData(Second, "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553, """{"email":"test@example.com","username":"test_user"}""",
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=")]
    public void Sign_KnownVectors_Match(string secret, string id, long timestamp, string body, string expected) =>
        Assert.Equal(expected, StandardWebhooksSigner.Sign([secret], id, timestamp, Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void Sign_TwoSecrets_ListsOneSignatureEach()
    {
        var body = "x"u8.ToArray();
        Assert.Equal(
            $"{StandardWebhooksSigner.Sign([First], "evt_1", 5, body)} {StandardWebhooksSigner.Sign([Second], "evt_1", 5, body)}",
            StandardWebhooksSigner.Sign([First, Second], "evt_1", 5, body));
    }

    [Fact]
    public void Sign_OneSecretOfTwoIsWrong_SignsNothing() => Assert.Null(StandardWebhooksSigner.Sign([First, "whsec_"], "evt_1", 5, "x"u8));

    [Fact]
    public void TryDecode_AnyKeyOf24To64Bytes_RoundTrips() =>
        Gen.Byte.Array[24, 64].Sample(key =>
        {
            Assert.True(StandardWebhooksSigner.TryDecode("whsec_" + Convert.ToBase64String(key), out var decoded));
            Assert.Equal(key, decoded);
        });

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("whsec_")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")]
    [InlineData("whsec_MfKQ 9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa==")]
    [InlineData("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB==")]
    public void TryDecode_NotStrict_IsRefused(string? secret)
    {
        Assert.False(StandardWebhooksSigner.TryDecode(secret, out var key));
        Assert.Empty(key);
    }

    [Theory]
    [InlineData(23)]
    [InlineData(65)]
    [InlineData(100_000)]
    public void TryDecode_KeyOfWrongLength_IsRefused(int length) =>
        Assert.False(StandardWebhooksSigner.TryDecode("whsec_" + Convert.ToBase64String(new byte[length]), out _));
}
