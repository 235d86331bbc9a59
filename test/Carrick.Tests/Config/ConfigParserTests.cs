using Carrick.Integrations;
using Carrick.Receiving;
using Carrick.Server.Config;
using Xunit;
using static Carrick.Tests.Config.ConfigHarness;

namespace Carrick.Tests.Config;

public sealed class ConfigParserTests
{
    private const string Complete = """
        integrations:
          billing:
            receive:
              scheme: stripe
              secrets: ["${STRIPE}", "${STRIPE_OLD}"]
              tolerance: 2m
              maxBody: 2MiB
              subject: json.data.object.customer
              version: json.created
              sameBody: refuse
            deliver:
              - name: orders
                url: http://127.0.0.1:9001/hooks
                types: ["invoice.*", customer.created]
                timeout: 15s
                retry: { attempts: 8, base: 1s, factor: 2, cap: 1h, jitter: 0.2, statuses: [404, 409] }
                order: subject
                skipLate: true
                onOrderedFailure: block
                concurrency: 4
                rate: 50/s
                headers: { X-Team: billing, Authorization: "Bearer ${TOKEN}" }
                signing: { secret: "${SIGNING}" }
          audit:
            deliver:
              - { name: all, url: "https://example.com/a?b=c" }
        retention: { events: 7d, messageIds: 30d, deadLetters: 60d }
        limits: { writeQueue: 100, commitBatch: 64, consumerBuffer: 32, bodyBuffer: 1MiB, handlerLinger: 5ms, shutdownGrace: 1m }
        """;

    private static readonly (string, string)[] Environment =
        [("STRIPE", "whsec_0123456789abcdef"), ("STRIPE_OLD", "whsec_fedcba9876543210"), ("TOKEN", "t0ken"), ("SIGNING", Secret)];

    [Fact]
    public void Parse_CompleteFile_GivesTheDefinitions()
    {
        var result = Parse(Complete, Environment);

        Assert.Empty(result.Errors);
        var billing = result.Document!.Integrations[0];
        var source = Assert.IsType<WebhookSourceDefinition>(billing.Source);
        Assert.Equal(("stripe", 2, TimeSpan.FromMinutes(2), 2L << 20), (source.Scheme.Name, source.Secrets.Count, source.Tolerance, source.MaxBodyBytes));
        Assert.Equal(Carrick.Receiving.SameBodyPolicy.Refuse, source.SameBody);
        Assert.Equal("json.data.object.customer", source.SubjectPath);
        var orders = Assert.IsType<EndpointDefinition>(Assert.Single(billing.Consumers));
        Assert.Equal(("billing/orders", "billing", "http://127.0.0.1:9001/hooks"), (orders.Name, orders.Integration, orders.Url.AbsoluteUri));
        Assert.True(orders.Types.Matches("invoice.paid") && orders.Types.Matches("customer.created") && !orders.Types.Matches("customer.updated"));
        Assert.Equal((8, TimeSpan.FromSeconds(1), 2.0, TimeSpan.FromHours(1), 0.2), (orders.Retry.Attempts, orders.Retry.Base, orders.Retry.Factor, orders.Retry.Cap, orders.Retry.Jitter));
        Assert.True(orders.SkipLate);
        Assert.Equal([404, 409], orders.TransientStatuses);
        Assert.Equal((OrderingMode.Subject, OrderingFailure.Block, 4), (orders.Order, orders.OnOrderedFailure, orders.Concurrency));
        Assert.Equal(new RateLimit(50, TimeSpan.FromSeconds(1)), orders.Rate);
        Assert.Equal(["X-Team=billing", "Authorization=Bearer t0ken"], orders.Headers.Select(header => $"{header.Key}={header.Value}"));
        Assert.Equal([Secret], orders.SigningSecrets);
        Assert.Equal("audit/all", Assert.Single(result.Document.Integrations[1].Consumers).Name);
        Assert.Equal(
            new EngineSettings
            {
                EventRetention = TimeSpan.FromDays(7),
                MessageIdRetention = TimeSpan.FromDays(30),
                DeadLetterRetention = TimeSpan.FromDays(60),
                WriteQueue = 100,
                CommitBatch = 64,
                ConsumerBuffer = 32,
                BodyBuffer = 1 << 20,
                HandlerLinger = TimeSpan.FromMilliseconds(5),
                ShutdownGrace = TimeSpan.FromMinutes(1),
            },
            result.Document.Settings);
    }

    [Fact]
    public void Parse_EndpointWithoutOptionalKeys_HasTheDefaults()
    {
        var endpoint = (EndpointDefinition)Parse(Endpoint()).Document!.Integrations[0].Consumers[0];

        Assert.Equal((16, TimeSpan.FromSeconds(15), OrderingMode.None), (endpoint.Concurrency, endpoint.Timeout, endpoint.Order));
        Assert.True(endpoint.Types.Matches("anything"));
        Assert.Null(endpoint.Rate);
        Assert.False(endpoint.SkipLate);
        Assert.Empty(endpoint.TransientStatuses);
        Assert.Empty(endpoint.SigningSecrets);
    }

    [Fact]
    public void Parse_SchemeAsMapping_GivesThatScheme()
    {
        var result = Parse("""
            integrations:
              a:
                receive:
                  secrets: "0123456789abcdef0123"
                  scheme:
                    name: mine
                    kind: mac
                    algorithm: hmac-sha256
                    signature: { header: x-mine, grammar: bare, encoding: hex }
                    content: "{body}"
            """);

        Assert.Empty(result.Errors);
        Assert.Equal("mine", ((WebhookSourceDefinition)result.Document!.Integrations[0].Source!).Scheme.Name);
    }

    [Fact]
    public void Parse_ShortestRetention_IsValid() => Assert.Equal(
        (TimeSpan.FromDays(4), TimeSpan.FromDays(4), TimeSpan.FromHours(1)),
        Parse("integrations: {}\nretention: { events: 4d, messageIds: 4d, deadLetters: 1h }").Document!.Settings is var settings
            ? (settings.EventRetention, settings.MessageIdRetention, settings.DeadLetterRetention)
            : default);

    [Fact]
    public void Parse_NoIntegrations_IsValid() => Assert.Empty(Parse("integrations: {}").Document!.Integrations);

    [Fact]
    public void Parse_ByteOrderMark_IsIgnored() => Assert.Empty(Parse([0xEF, 0xBB, 0xBF, .. "integrations: {}"u8]).Errors);

    [Fact]
    public void Parse_ValueOfVariableLooksLikeYaml_StaysOneText()
    {
        var result = Parse(Endpoint("headers: { X-A: \"${EVIL}\" }"), ("EVIL", "a}, url: http://evil/ #"));

        Assert.Equal("a}, url: http://evil/ #", ((EndpointDefinition)result.Document!.Integrations[0].Consumers[0]).Headers[0].Value);
    }
}
