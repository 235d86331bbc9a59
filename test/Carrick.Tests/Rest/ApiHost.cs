using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Carrick.Authentication;
using Carrick.Commit;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Rest;

/// <summary>The API in process, on a fake engine, with one key of each scope.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private readonly Dictionary<string, string> _keys = [];

    private ApiHost(WebApplication app, FakeStore store, FakeEngine engine, FakeTimeProvider time, CapturedLog log) =>
        (App, Store, Engine, Time, Log) = (app, store, engine, time, log);

    public WebApplication App { get; }

    public FakeStore Store { get; }

    public FakeEngine Engine { get; }

    public FakeTimeProvider Time { get; }

    public CapturedLog Log { get; }

    public ApiKeys Keys => App.Services.GetRequiredService<ApiKeys>();

    public static async Task<ApiHost> StartAsync(
        Action<CarrickWebOptions>? options = null, string? adminKey = null, Action<WebApplicationBuilder>? more = null, string? prefix = null)
    {
        var store = new FakeStore();
        var engine = new FakeEngine(store)
        {
            Topology = new Topology([new IntegrationDefinition { Name = "billing", Consumers = [Orders] }]),
        };
        engine.Consumers.Add(new ConsumerStatus(Orders, new ConsumerState(1, null, null, null), new ConsumerDepth(1, 2, 3), 4));
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero));
        var log = new CapturedLog();
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Configuration.AddInMemoryCollection([new(ApiKeys.AdminKeySetting, adminKey)]);
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton<IStore>(store).AddSingleton<ICommitQueue>(store);
        builder.Services.AddSingleton<ICarrickEngine>(engine).AddSingleton<IOperations>(engine).AddSingleton<IEventIngress>(engine);
        builder.Services.AddCarrickAspNetCore();
        builder.Services.Configure(options ?? (_ => { }));
        more?.Invoke(builder);
        var app = builder.Build();
        if (prefix is null)
        {
            app.MapCarrick();
        }
        else
        {
            app.MapGroup(prefix).MapCarrick();
        }

        await app.StartAsync();
        var host = new ApiHost(app, store, engine, time, log);
        foreach (var scope in ApiScope.All)
        {
            host._keys[scope] = (await host.Keys.CreateAsync($"test {scope}", [scope], new Operator("system"), CancellationToken.None)).Key;
        }

        return host;
    }

    public static EndpointDefinition Orders { get; } = new()
    {
        Name = "billing/orders",
        Integration = "billing",
        Url = new Uri("http://127.0.0.1:9/hooks?token=canary-in-url"),
        SigningSecrets = ["whsec_canary"],
        Headers = [new("X-Key", "canary-in-header")],
    };

    public string Key(string scope) => _keys[scope];

    public EventRecord AddEvent(string body = "{\"a\":1}", string? contentType = "application/json")
    {
        var record = new EventRecord
        {
            Id = Engine.Next(),
            Integration = "billing",
            Type = "invoice.paid",
            MessageId = "m1",
            ContentType = contentType,
            Body = Encoding.UTF8.GetBytes(body),
            ReceivedAt = Time.GetUtcNow(),
            Headers = [new("user-agent", "test")],
        };
        Store.Events.Add(record);
        return record;
    }

    public DeliveryView AddDelivery(DeliveryState state, RecordId? eventId = null)
    {
        var view = new DeliveryView
        {
            Id = Engine.Next(),
            EventId = eventId ?? Engine.Next(),
            Consumer = "billing/orders",
            ConsumerNumber = 1,
            Integration = "billing",
            Type = "invoice.paid",
            State = state,
        };
        Store.Deliveries.Add(view);
        return view;
    }

    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? scope = ApiScope.Admin, string? json = null, string? authorization = null, HttpContent? content = null)
    {
        using var client = App.GetTestClient();
        using var request = new HttpRequestMessage(method, path);
        if ((authorization ?? (scope is null ? null : "Bearer " + Key(scope))) is { } header)
        {
            request.Headers.TryAddWithoutValidation("Authorization", header);
        }

        request.Content = content ?? (json is null ? null : new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json")));
        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task<HttpResponseMessage> GetAsync(string path, string? scope = ApiScope.Read) => SendAsync(HttpMethod.Get, path, scope);

    public Task<HttpResponseMessage> PostAsync(string path, string? json = null, string? scope = ApiScope.Operate) =>
        SendAsync(HttpMethod.Post, path, scope, json);

    public static Task<JsonElement> JsonAsync(HttpResponseMessage response) =>
        response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);

    /// <summary>Checks that the answer is a problem and returns it.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response, int status, string code)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var body = JsonDocument.Parse(text).RootElement;
        Assert.Equal(code, body.GetProperty("code").GetString());
        Assert.Equal("urn:carrick:problem:" + code, body.GetProperty("type").GetString());
        Assert.Equal(status, body.GetProperty("status").GetInt32());
        Assert.Equal(response.Headers.GetValues("Request-Id").Single(), body.GetProperty("requestId").GetString());
        return body;
    }

    public async ValueTask DisposeAsync() => await App.DisposeAsync();
}
