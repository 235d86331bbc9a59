using Carrick.Hosting;
using Carrick.Receiving;
using Carrick.Signatures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace Carrick.Tests.Receiving;

public sealed class DefinitionTests
{
    private const string Long = "canary-secret-of-tests";

    [Theory]
    [InlineData("stripe", "", "secrets[0]: must not be empty")]
    [InlineData("stripe", " \t", "secrets[0]: must not be empty")]
    [InlineData("stripe", "abcd", "secrets[0]: is too short: at least 5 bytes are needed")]
    [InlineData("stripe", "\0\0\0\0\0\0\0\0", "secrets[0]: is all zero bytes")]
    [InlineData("standard-webhooks", "whsec_not base64", "secrets[0]: is not base64")]
    [InlineData("standard-webhooks", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "secrets[0]: is not base64")]
    [InlineData("standard-webhooks", "whpk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "secrets[0]: is a weak Ed25519 key (a point of small order)")]
    [InlineData("standard-webhooks", "whsec_AQIDBAU=", "secrets[0]: is too short: at least 24 bytes are needed, 32 characters of base64")]
    [InlineData("gitlab", "whsec_AQIDBAU=", "secrets[0]: is too short: at least 24 bytes are needed, 32 characters of base64")]
    [InlineData("basic", "password-alone", "secrets[0]: is not 'user:password'")]
    public void Validate_BadSecret_IsNamedWithoutItsValue(string scheme, string secret, string error)
    {
        WebhookScheme.TryGet(scheme, out var found);
        var errors = new WebhookSourceDefinition { Scheme = found!, Secrets = [secret] }.Validate();
        Assert.Equal(error, Assert.Single(errors));
    }

    [Fact]
    public void Validate_WeakEd25519Key_IsRefused()
    {
        var zero = new WebhookSourceDefinition { Scheme = WebhookScheme.StandardWebhooks, Accept = ["v1a"], Secrets = ["whpk_AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] };
        Assert.Contains("secrets[0]: is a weak Ed25519 key (a point of small order)", zero.Validate());
        Assert.True(KeyMaker.IsSmallOrder(Convert.FromHexString("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")));
        Assert.False(KeyMaker.IsSmallOrder(Convert.FromBase64String("1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=")));
    }

    [Fact]
    public void Validate_ManyMistakes_AreReportedAtOnce()
    {
        var errors = new WebhookSourceDefinition
        {
            Scheme = WebhookScheme.HubSpot,
            Accept = ["v3", "v9"],
            Tolerance = TimeSpan.Zero,
            MaxBodyBytes = 26 * 1024 * 1024,
            VerifyToken = " ",
            SubjectPath = "data.customer",
        }.Validate();
        Assert.Equal(
            ["secrets", "accept", "publicUrl", "tolerance", "maxBodyBytes", "verifyToken", "subjectPath"],
            errors.Select(error => error.Split(':')[0]));
    }

    [Theory]
    [InlineData("https://example.com/hooks?a=1", "publicUrl: must have no query and no fragment")]
    [InlineData("https://example.com/hooks#a", "publicUrl: must have no query and no fragment")]
    [InlineData("ftp://example.com/hooks", "publicUrl: must be an absolute http or https URL")]
    [InlineData("/hooks", "publicUrl: must be an absolute http or https URL")]
    public void Validate_BadPublicUrl_IsRefused(string url, string error) => Assert.Equal(error, Assert.Single(
        new WebhookSourceDefinition { Scheme = WebhookScheme.Twilio, Secrets = [Long], PublicUrl = new Uri(url, UriKind.RelativeOrAbsolute) }.Validate()));

    [Fact]
    public void Validate_MoreThan64JsonFieldsTogether_IsRefused()
    {
        string Fields(string name, int count) => string.Join(" | ", Enumerable.Range(0, count).Select(i => $"json.{name}{i}"));
        var most = ReceivingHost.Source(WebhookScheme.Stripe) with { IdPath = Fields("i", 30), TypePath = Fields("t", 10), SubjectPath = Fields("s", 10), VersionPath = Fields("v", 14) };
        Assert.Empty(most.Validate());
        Assert.NotNull(WebhookSource.TryCreate(most, out _));
        Assert.Equal("idPath: id, type, subject and version have more than 64 JSON fields together", Assert.Single((most with { IdPath = Fields("i", 31) }).Validate()));
    }

    [Fact]
    public void ToString_Definition_ShowsNoSecret()
    {
        var definition = new WebhookSourceDefinition { Scheme = WebhookScheme.Meta, Secrets = [Long], VerifyToken = "canary-verify-token" };
        Assert.Equal("WebhookSourceDefinition { Scheme = meta, Secrets = 1 }", definition.ToString());
        Assert.DoesNotContain("canary", $"{new WebhookRegistration("meta", definition)}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Billing:Secrets", Long)]
    [InlineData("Billing:Secrets:0", Long)]
    public async Task Start_SecretsInConfiguration_AreFound(string key, string value)
    {
        using var host = Host(new() { [key] = value });
        await host.StartAsync(TestContext.Current.CancellationToken);
        var source = host.Services.GetRequiredService<WebhookSources>().Find(host.Services.GetRequiredService<WebhookRegistration>().Source, out _);
        Assert.Equal([Long], source!.Definition.Secrets);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Start_SecretsMissing_StopsWithTheKeyToSet()
    {
        using var host = Host([]);
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["integration 'billing': secrets: at least one is needed (configuration key 'Billing:Secrets')"], exception.Failures);
    }

    [Fact]
    public async Task Start_LimitsOutOfRange_StopsWithAllErrors()
    {
        using var host = Host(new() { ["Billing:Secrets"] = Long }, options => (options.MaxBytesInFlight, options.MinBytesPerSecond, options.MinRateGrace) = (0, 0, TimeSpan.Zero));
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        Assert.Equal(3, exception.Failures.Count());
    }

    public static TheoryData<string> GivenInPlaceOfAKey =>
    [
        "whsec_canaryMfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "shpss_canary5f4dcc3b5aa765d61d8327deb882cf99",
        "canary5f4dcc3b5aa765d61d8327deb882cf99",
        "canaryr8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "canary and other words",
        "canary=",
        "canary:",
        "",
    ];

    [Theory]
    [MemberData(nameof(GivenInPlaceOfAKey))]
    public async Task ReceiveWebhooks_SecretInPlaceOfAConfigurationKey_IsRefusedWithoutShowingIt(string given)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var refused = Assert.Throws<ArgumentException>(() => new IntegrationBuilder("billing", builder.Services).ReceiveWebhooks(WebhookScheme.Stripe, given));
        Assert.Contains("the name of a configuration key is needed here", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", refused.ToString(), StringComparison.Ordinal);

        var definition = new WebhookSourceDefinition { Scheme = WebhookScheme.Stripe, SecretsConfigurationKey = given };
        var log = new LogRecorder();
        builder.Services.AddLogging(logging => logging.ClearProviders().AddProvider(log));
        new IntegrationBuilder("billing", builder.Services).ReceiveWebhooks(definition);
        using var host = builder.Build();
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("integration 'billing': secretsConfigurationKey: the name of a configuration key is needed here", Assert.Single(exception.Failures), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", exception + definition.ToString() + string.Concat(log.Lines.Select(line => line.Text)), StringComparison.Ordinal);
        Assert.NotEmpty(log.Lines);
    }

    [Theory]
    [InlineData("canary-secret-of-tests")]
    [InlineData("canary:hunter2")]
    [InlineData("Canary2026")]
    public async Task Start_KeyWithoutAValueThatMayBeASecret_IsNotShown(string key)
    {
        using var host = Host([], key: key);
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["integration 'billing': secrets: at least one is needed (the configuration key that was named has no value)"], exception.Failures);
    }

    [Fact]
    public async Task Start_BadSecretAtAKeyInSmallLetters_NamesTheKeyThatHasIt()
    {
        using var host = Host(new() { ["billing:secret"] = "abcd" }, key: "billing:secret");
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["integration 'billing': secrets[0]: is too short: at least 5 bytes are needed (configuration key 'billing:secret')"], exception.Failures);
    }

    [Fact]
    public void Validate_SecretsInPlaceOfNames_AreNotShown()
    {
        const string Canary = "whsec_canaryMfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        var errors = new WebhookSourceDefinition { Scheme = WebhookScheme.HubSpot, Secrets = [Long], Accept = [Canary], IdPath = Canary, TypePath = Canary }.Validate();
        Assert.True(errors.Count >= 3);
        Assert.DoesNotContain(errors, error => error.Contains("canary", StringComparison.Ordinal) && !error.StartsWith("secrets", StringComparison.Ordinal));
    }

    private static IHost Host(Dictionary<string, string?> configuration, Action<WebhookReceivingOptions>? configure = null, string key = "Billing:Secrets")
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(configuration);
        builder.Services.AddLogging(logging => logging.ClearProviders()).Configure(configure ?? (_ => { }));
        var integration = new IntegrationBuilder("billing", builder.Services);
        integration.ReceiveWebhooks(WebhookScheme.Stripe, secretsConfigurationKey: key);
        return builder.Build();
    }
}
