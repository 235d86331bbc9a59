using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Carrick.Operations;
using Carrick.Signatures;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Storefront;

namespace Carrick.IntegrationTests.Storefront;

/// <summary>The sample on a port of its own, with a warehouse that keeps what it gets.</summary>
internal sealed class StorefrontHost : IAsyncDisposable
{
    private const string StripeSecret = "whsec_test_of_the_storefront";
    private const string WarehouseSecret = "whsec_dGVzdCBvZiB0aGUgc3RvcmVmcm9udCBhbmQgd2FyZWhvdXNl";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("storefront-").FullName;
    private readonly WebApplication _warehouse;
    private readonly WebApplication _app;

    private StorefrontHost()
    {
        _warehouse = StartWarehouse();
        _app = StorefrontApp.Create(
        [
            "--environment=Development", "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", $"--Data={_directory}",
            $"--Stripe:WebhookSecrets={StripeSecret}", $"--Warehouse:Url={_warehouse.Urls.First()}/parcels", $"--Warehouse:SigningSecret={WarehouseSecret}",
        ]);
    }

    public ConcurrentQueue<Delivery> Deliveries { get; } = new();

    public HttpClient Http { get; } = new(new SocketsHttpHandler { UseProxy = false });

    public static async Task<StorefrontHost> StartAsync()
    {
        var host = new StorefrontHost();
        await host._app.StartAsync(TestContext.Current.CancellationToken);
        host.Http.BaseAddress = new Uri(host._app.Urls.First());
        return host;
    }

    /// <summary>Posts a signed event of Stripe and returns whether it was a duplicate.</summary>
    public async Task<bool> PostStripeAsync(string id, string type, object data, long created = 1_767_600_000)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new { id, type, created, data = new { @object = data } });
        var signed = WebhookSigner.Sign(WebhookScheme.Stripe, StripeSecret, new WebhookMessage { Body = body, Time = TimeProvider.System.GetUtcNow() });
        using var response = await SendAsync("/webhooks/payments", body, signed.Headers);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return answer.RootElement.GetProperty("duplicate").GetBoolean();
    }

    public async Task<HttpResponseMessage> SendAsync(string path, byte[] body, IEnumerable<KeyValuePair<string, string>> headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public long Count(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_directory}/shop.db;Pooling=False");
        return connection.ExecuteScalar<long>(sql);
    }

    /// <summary>A consumer as the engine sees it.</summary>
    public ConsumerStatus Consumer(string name) =>
        _app.Services.GetRequiredService<IOperations>().ListConsumers().Single(consumer => consumer.Definition.Name == name);

    public Task UntilAsync(string sql, long count) => UntilAsync(() => Count(sql) == count, $"{sql} is never {count}");

    public static async Task UntilAsync(Func<bool> condition, string otherwise)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Patience, otherwise);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync(TestContext.Current.CancellationToken);
        await _app.DisposeAsync();
        await _warehouse.DisposeAsync();
        SqliteConnection.ClearAllPools();
        Directory.Delete(_directory, recursive: true);
    }

    private WebApplication StartWarehouse()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost("/parcels", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            Deliveries.Enqueue(new Delivery(body.ToArray(), [.. request.Headers.Select(header => KeyValuePair.Create(header.Key, header.Value.ToString()))]));
        });
        app.Start();
        return app;
    }
}

/// <summary>One request that the warehouse got.</summary>
internal sealed record Delivery(byte[] Body, IReadOnlyList<KeyValuePair<string, string>> Headers);
