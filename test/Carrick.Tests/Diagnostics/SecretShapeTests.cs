using System.Security.Cryptography;
using Carrick.Diagnostics;

namespace Carrick.Tests.Diagnostics;

public sealed class SecretShapeTests
{
    public static TheoryData<string> Secrets =>
    [
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_short",
        "sk" + "_live_4eC39HqLyjWDarjtT1zdp7dc",
        "rk_test_abc",
        "shpss_0123abcd",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "xoxb" + "-123-abc",
        "ck_0123456789ABCDEFGHJKMNPQRS_ABCDEF",
        "Bearer abc",
        "eyJhbGciOiJIUzI1NiJ9.e30.x",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAbc=",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "0123456789012345",
        "7b1ea8ac-43d6-4a30-9c06-9fd3b1ab3a0c",
        "k3x9q2m7v5b8n1c4z6",
        "AKIAIOSFODNN7EXAMPLE12",
        "xkcdqwrtpsdfghjklz",
        "Billing:whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "secrets/5f4dcc3b5aa765d61d8327deb882cf99",
    ];

    [Theory]
    [MemberData(nameof(Secrets))]
    public void IsLikely_Secret_IsTrue(string text)
    {
        Assert.True(SecretShape.IsLikely(text));
        Assert.False(NameText.IsConfigurationKey(text));
        Assert.Equal("it", NameText.Shown(text, "it"));
        Assert.Equal("'...' is unknown", NameText.WithoutSecrets($"'{text}' is unknown"));
    }

    [Theory]
    [InlineData("Billing:WebhookSecrets")]
    [InlineData("Stripe:WebhookSigningSecrets:0")]
    [InlineData("Integrations:Shop2Europe:Secret")]
    [InlineData("Carrick:Integrations:contoso-europe-west2:Secrets")]
    [InlineData("STRIPE_WEBHOOK_SECRET")]
    [InlineData("GITHUB_ENTERPRISE_WEBHOOK_SECRET_V2")]
    [InlineData("OAuth2ClientV2Secret")]
    [InlineData("Asia:WebhookSecret")]
    [InlineData("billing:webhook-secrets")]
    public void IsConfigurationKey_NameOfASetting_IsTrue(string text) => Assert.True(NameText.IsConfigurationKey(text));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a secret text")]
    [InlineData("Billing::Secrets")]
    [InlineData(":Billing")]
    [InlineData("Pa$$w0rd!")]
    [InlineData("Billing/Secrets")]
    [InlineData("a=b")]
    public void IsConfigurationKey_OtherText_IsFalse(string text) => Assert.False(NameText.IsConfigurationKey(text));

    [Theory]
    [InlineData("Billing:WebhookSecrets", true)]
    [InlineData("STRIPE_WEBHOOK_SECRET", true)]
    [InlineData("hunter2", false)]
    [InlineData("Summer2026", false)]
    [InlineData("canary-secret-of-tests", false)]
    [InlineData("admin:hunter2", false)]
    public void IsShownKey_OnlyWhatIsWrittenAsASetting_IsTrue(string text, bool shown) => Assert.Equal(shown, NameText.IsShownKey(text));

    [Fact]
    public void IsLikely_RandomTexts_AreTrueNearlyAlways()
    {
        var missed = 0;
        for (var i = 0; i < 1_000; i++)
        {
            missed += SecretShape.IsLikely(Convert.ToBase64String(RandomNumberGenerator.GetBytes(24)).Replace('+', '-').Replace('/', '_')) ? 0 : 1;
            missed += SecretShape.IsLikely(RandomNumberGenerator.GetHexString(32)) ? 0 : 1;
            missed += SecretShape.IsLikely(RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 32)) ? 0 : 1;
        }

        Assert.True(missed < 30, $"{missed} of 3000");
    }
}
