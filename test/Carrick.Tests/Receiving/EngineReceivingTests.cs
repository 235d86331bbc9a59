using System.Net;
using System.Text.Json;
using Carrick.Commit;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Receiving;
using Carrick.Signatures;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Tests.Engine;
using Carrick.Tests.Signatures;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Carrick.Tests.Receiving;

/// <summary>Receiving over the real engine on SQLite, from HTTP to rows.</summary>
public sealed class EngineReceivingTests : IAsyncLifetime
{
    private static readonly byte[] Body = Check.Bytes("""{"id":"evt_1","type":"a.b"}""");
    private readonly TemporaryFolder _folder = new();
    private WebApplication _app = null!;
    private HttpClient _client = null!;

    private IStore Store => _app.Services.GetRequiredService<IStore>();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.AddCarrick(carrick => carrick
            .UseSqlite($"Data Source={_folder.Path}/carrick.db")
            .UseSqliteHandlerDatabase($"Data Source={_folder.Path}/shop.db")
            .AddIntegration("waiting", waiting => waiting
                .ReceiveWebhooks(ReceivingHost.Source(WebhookScheme.StandardWebhooks))
                .DeliverTo("closed", new Uri("http://127.0.0.1:9/"), endpoint => endpoint with { Retry = new() { Base = TimeSpan.FromHours(1) } }))
            .AddIntegration("batch", batch => batch
                .ReceiveWebhooks(ReceivingHost.Source(WebhookScheme.HubSpot)))
            .AddIntegration("generic", generic => generic
                .ReceiveWebhooks(ReceivingHost.Source(WebhookScheme.Hmac)))
            .AddIntegration("booked", booked => booked
                .ReceiveWebhooks(ReceivingHost.Source(WebhookScheme.GitHub))
                .On("*", static async (context, cancellationToken) =>
                {
                    await context.Transaction.ExecuteAsync($"CREATE TABLE IF NOT EXISTS bookings (message TEXT NOT NULL)", cancellationToken);
                    await context.Transaction.ExecuteAsync($"INSERT INTO bookings (message) VALUES ({context.Event.MessageId})", cancellationToken);
                })));
        _app = builder.Build();
        _app.MapCarrick();
        await _app.StartAsync(TestContext.Current.CancellationToken);
        _client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Post_SameRequest1000TimesAtOnce_IsStoredOnce()
    {
        var now = TimeProvider.System.GetUtcNow();
        var answers = await Task.WhenAll(Enumerable.Range(0, 1000).Select(async _ =>
        {
            using var answer = await _client.SendAsync(ReceivingHost.Signed(WebhookScheme.StandardWebhooks, Body, "msg_1", time: now, path: "/webhooks/waiting"));
            return (answer.StatusCode, Json: JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
        }));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Single(answers, answer => !answer.Json.GetProperty("duplicate").GetBoolean());
        Assert.Single(answers.Select(answer => answer.Json.GetProperty("id").GetString()).Distinct());
        Assert.Equal((1L, 1L, 1L), (Count("carrick.db", "events"), Count("carrick.db", "event_keys"), Count("carrick.db", "work")));
    }

    [Fact]
    public async Task Post_5000Items_AreStoredInOneTransaction()
    {
        var body = Check.Bytes($"[{string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"{{\"eventId\":{i}}}"))}]");
        using var answer = await _client.SendAsync(ReceivingHost.Signed(WebhookScheme.HubSpot, body, time: TimeProvider.System.GetUtcNow(), path: "/webhooks/batch"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(5_000L, Count("carrick.db", "events"));
    }

    [Fact]
    public async Task Post_AgainAfterItsIdIsForgotten_IsANewEventWithoutASecondEffect()
    {
        async Task<bool> DuplicateAsync()
        {
            using var answer = await _client.SendAsync(ReceivingHost.Signed(WebhookScheme.GitHub, Body, "d1", "push", path: "/webhooks/booked"));
            return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("duplicate").GetBoolean();
        }

        Assert.False(await DuplicateAsync());
        Assert.True(await DuplicateAsync());
        await WhenSucceededAsync(1);
        await _app.Services.GetRequiredService<ICommitQueue>().SubmitAsync(
            new RetentionCommand { EventsBefore = DateTimeOffset.MinValue, DeadLettersBefore = DateTimeOffset.MinValue, KeysBefore = DateTimeOffset.MaxValue, Limit = 200 },
            TestContext.Current.CancellationToken);

        Assert.False(await DuplicateAsync());

        await WhenSucceededAsync(2);
        Assert.Equal((2L, 1L, 1L), (Count("carrick.db", "events"), Count("shop.db", "bookings"), Count("shop.db", "processed_events")));
    }

    [Fact]
    public async Task Post_SignedFieldAndUnsignedHeader_TheFieldCounts()
    {
        var body = Check.Bytes("""{"id":"one"}""");
        var first = await PostAsync("generic", WebhookScheme.Hmac, body, null);

        var again = await PostAsync("generic", WebhookScheme.Hmac, body, "next");

        Assert.Equal((first.Id, true), again);
        Assert.False((await PostAsync("generic", WebhookScheme.Hmac, Check.Bytes("""{"id":"two"}"""), "next")).Duplicate);
    }

    [Fact]
    public async Task Post_OldBodyUnderTheIdOfTheNextMessage_PushesNothingOutAndIsShown()
    {
        var (old, genuine) = (Check.Bytes("""{"n":1}"""), Check.Bytes("""{"n":2}"""));
        var first = await PostAsync("booked", WebhookScheme.GitHub, old, "d1");
        var replayed = await PostAsync("booked", WebhookScheme.GitHub, old, "d2");
        var next = await PostAsync("booked", WebhookScheme.GitHub, genuine, "d2");

        Assert.False(next.Duplicate);
        Assert.Equal((next.Id, true), await PostAsync("booked", WebhookScheme.GitHub, genuine, "d2"));
        await WhenSucceededAsync(3);
        Assert.Equal((3L, 3L), (Count("shop.db", "bookings"), Count("shop.db", "processed_events")));
        Assert.Equal([null, first.Id, null], new[] { first, replayed, next }.Select(item => PossibleReplayOf(item.Id)));
    }

    [Fact]
    public async Task Post_SignedTimeBeyondTheWindow_IsRefusedWhetherTheIdIsKnownOrNot()
    {
        var old = TimeProvider.System.GetUtcNow().AddDays(-31);
        using var answer = await _client.SendAsync(ReceivingHost.Signed(WebhookScheme.StandardWebhooks, Body, "msg_1", time: old, path: "/webhooks/waiting"));
        await EndpointTests.AssertRefused(answer);
        Assert.Equal(0L, Count("carrick.db", "events"));
    }

    private async Task<(string Id, bool Duplicate)> PostAsync(string integration, WebhookScheme scheme, byte[] body, string? id)
    {
        using var request = ReceivingHost.Signed(scheme, body, id ?? "-", path: "/webhooks/" + integration);
        if (id is null)
        {
            request.Headers.Remove("x-event-id");
        }

        using var answer = await _client.SendAsync(request);
        var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        return (json.GetProperty("id").GetString()!, json.GetProperty("duplicate").GetBoolean());
    }

    private string? PossibleReplayOf(string id)
    {
        Assert.True(RecordId.TryParse(id, IdPrefix.Event, out var parsed));
        return Store.Queries.FindEventAsync(parsed, CancellationToken.None).AsTask().GetAwaiter().GetResult()!.PossibleReplayOf?.ToString(IdPrefix.Event);
    }

    private Task WhenSucceededAsync(int count) => Wait.Until(() =>
        Store.Queries.ListDeliveriesAsync(new DeliveryFilter(State: DeliveryState.Succeeded), null, 10, CancellationToken.None).AsTask().GetAwaiter().GetResult().Count == count);

    private long Count(string file, string table)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.Path}/{file};Mode=ReadOnly");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT COUNT(*) FROM {table}";
        return (long)command.ExecuteScalar()!;
    }
}
