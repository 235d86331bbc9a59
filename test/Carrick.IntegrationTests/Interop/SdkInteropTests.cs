using System.Net;
using System.Text;
using System.Text.Json;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Receiving;
using Carrick.Signatures;
using Carrick.Storage.Rows;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Carrick.IntegrationTests.Interop;

/// <summary>What official SDKs sign is accepted, one flipped bit is not; and what Carrick signs is right for official SDKs.</summary>
public sealed class SdkInteropTests : IAsyncLifetime
{
    private const string Secret = "secret-of-interop";
    private const string SigningSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string OlderSigningSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    private const string Json = """{"id":"evt_1","type":"a.b","name":"Zoë ☕"}""";

    /// <summary>Percent codes without letters: %2b and %2B are the same signed content.</summary>
    private const string Form = "MessageSid=SM1&MessageStatus=sent&Body=a%26b+c%40&To=%251&Media=b&Media=a&Media=b";

    private readonly string _folder = Directory.CreateTempSubdirectory("carrick-interop-").FullName;
    private CapturingEndpoint _endpoint = null!;
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    public static TheoryData<string, string> Sdks => new()
    {
        { "stripe", "stripe" },
        { "octokit", "github" },
        { "twilio-form", "twilio" },
        { "twilio-json", "twilio" },
        { "standardwebhooks", "standard-webhooks" },
        { "svix", "standard-webhooks" },
    };

    public async ValueTask InitializeAsync()
    {
        _endpoint = await CapturingEndpoint.StartAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["Interop:Secrets:0"] = "an-older-secret", ["Interop:Secrets:1"] = Secret });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.AddCarrick(carrick => carrick
            .UseSqlite($"Data Source={Path.Combine(_folder, "carrick.db")}")
            .AddIntegration("stripe", integration => integration.ReceiveWebhooks(WebhookScheme.Stripe, secretsConfigurationKey: "Interop:Secrets"))
            .AddIntegration("github", integration => integration.ReceiveWebhooks(WebhookScheme.GitHub, secretsConfigurationKey: "Interop:Secrets"))
            .AddIntegration("twilio", integration => integration.ReceiveWebhooks(
                new WebhookSourceDefinition { Scheme = WebhookScheme.Twilio, SecretsConfigurationKey = "Interop:Secrets", PublicUrl = Url("twilio") }))
            .AddIntegration("standard-webhooks", integration => integration.ReceiveWebhooks(WebhookScheme.StandardWebhooks, [SigningSecret]))
            .AddIntegration("outgoing", integration => integration.DeliverTo(
                "customer", _endpoint.Url, endpoint => endpoint with { SigningSecrets = [SigningSecret, OlderSigningSecret] })));
        _app = builder.Build();
        _app.MapWebhooks();
        await _app.StartAsync();
        _client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
        await _endpoint.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task Endpoint_SignedBySdk_AcceptsAndRefusesEveryFlippedCopy(string sdk, string integration)
    {
        var body = Encoding.UTF8.GetBytes(sdk == "twilio-form" ? Form : Json);
        var signed = Assert.Single(await NodeSdks.AskAsync(new
        {
            op = "sign",
            sdk,
            secret = integration == "standard-webhooks" ? SigningSecret : Secret,
            body = Convert.ToBase64String(body),
            id = $"{sdk}-1",
            time = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(),
            url = Url(integration).OriginalString,
        }));
        for (var bit = 0; bit < body.Length * 8; bit += 11)
        {
            var flipped = (byte[])body.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(integration, signed, flipped));
        }

        Assert.Equal(HttpStatusCode.OK, await PostAsync(integration, signed, body));
        Assert.Equal(HttpStatusCode.OK, await PostAsync(integration, signed, body));
    }

    [Theory]
    [MemberData(nameof(Sdks))]
    public async Task Signer_Message_IsVerifiedBySdk(string sdk, string integration)
    {
        WebhookScheme.TryGet(integration, out var scheme);
        var secret = integration == "standard-webhooks" ? SigningSecret : Secret;
        var body = Encoding.UTF8.GetBytes(sdk == "twilio-form" ? Form : Json);
        var signed = WebhookSigner.Sign(scheme!, secret, new WebhookMessage
        {
            Body = body,
            Time = TimeProvider.System.GetUtcNow(),
            Url = Url(integration),
            Id = "msg_1",
            ContentType = sdk == "twilio-form" ? "application/x-www-form-urlencoded" : "application/json",
        });
        await AssertVerifiedAsync(sdk, secret, body, signed.Headers.ToDictionary(), signed.Url!.OriginalString);
    }

    [Theory]
    [InlineData("standardwebhooks")]
    [InlineData("svix")]
    public async Task Delivery_OfTheEngine_IsVerifiedBySdkUnderEitherSecret(string sdk)
    {
        var body = Encoding.UTF8.GetBytes(Json);
        await _app.Services.GetRequiredService<IEventIngress>().IngestAsync(
            [new IncomingEvent { Integration = "outgoing", Type = "a.b", MessageId = sdk, ContentType = "application/json", Body = body }],
            TestContext.Current.CancellationToken);

        var (sent, headers) = await _endpoint.FirstAsync();

        Assert.Equal(body, sent);
        await AssertVerifiedAsync(sdk, SigningSecret, sent, headers, "");
        await AssertVerifiedAsync(sdk, OlderSigningSecret, sent, headers, "");
    }

    private static async Task AssertVerifiedAsync(string sdk, string secret, byte[] body, Dictionary<string, string> headers, string url)
    {
        var flipped = (byte[])body.Clone();
        flipped[^2] ^= 1;
        var answers = await NodeSdks.AskAsync(
            new { op = "verify", sdk, secret, body = Convert.ToBase64String(body), headers, url },
            new { op = "verify", sdk, secret, body = Convert.ToBase64String(flipped), headers, url });
        Assert.True(answers[0].GetProperty("valid").GetBoolean(), answers[0].ToString());
        Assert.False(answers[1].GetProperty("valid").GetBoolean());
    }

    private async Task<HttpStatusCode> PostAsync(string integration, JsonElement signed, byte[] body)
    {
        var query = signed.TryGetProperty("query", out var text) ? text.GetString() : "";
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/webhooks/{integration}{query}") { Content = new ByteArrayContent(body) };
        foreach (var header in signed.GetProperty("headers").EnumerateObject())
        {
            if (!request.Headers.TryAddWithoutValidation(header.Name, header.Value.GetString()))
            {
                request.Content.Headers.TryAddWithoutValidation(header.Name, header.Value.GetString());
            }
        }

        using var answer = await _client.SendAsync(request);
        return answer.StatusCode;
    }

    private static Uri Url(string integration) => new($"https://hooks.example.com/webhooks/{integration}");
}
