using System.Security.Cryptography;
using System.Text;
using Carrick.Commit;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.IntegrationTests.Processes;
using Carrick.Operations;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Carrick.IntegrationTests.Upgrade;

/// <summary>The application whose databases are kept of every release: a handler that books, an ordered endpoint, a handler that refuses.</summary>
internal sealed class UpgradeHost : IAsyncDisposable
{
    public const string Document = "integrations: {}";
    private static readonly TimeSpan Ever = TimeSpan.FromDays(365 * 50);
    private static readonly byte[] Body = Encoding.UTF8.GetBytes("""{"note":"kept"}""");
    private readonly IHost _host;

    private UpgradeHost(IHost host) => _host = host;

    public IOperations Operations => _host.Services.GetRequiredService<IOperations>();

    public IStore Store => _host.Services.GetRequiredService<IStore>();

    /// <summary>Starts it on a folder.</summary>
    /// <param name="folder">Where <c>carrick.db</c> and <c>carrick.handlers.db</c> are.</param>
    /// <param name="endpoint">The ordered endpoint.</param>
    /// <param name="refuse">Whether the handler <c>billing/strict</c> refuses.</param>
    /// <param name="time">The clock.</param>
    public static async Task<UpgradeHost> StartAsync(string folder, Uri endpoint, bool refuse, TimeProvider time)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddMetrics();
        builder.Services.AddSingleton(time);
        builder.Services.AddCarrick(carrick => carrick
            .UseSqlite($"Data Source={Path.Combine(folder, "carrick.db")}")
            .Configure(options =>
            {
                (options.EventRetention, options.MessageIdRetention, options.DeadLetterRetention) = (Ever, Ever, Ever);
                options.ShutdownGrace = TimeSpan.FromSeconds(5);
            })
            .AddIntegration("billing", billing => billing
                .On("invoice.paid", BookAsync)
                .On("invoice.voided", (_, _) => refuse ? throw new PermanentFailureException("Not yet.") : Task.CompletedTask, handler => handler with { Name = "billing/strict" })
                .DeliverTo("erp", endpoint, target => target with
                {
                    Types = new TypeFilter(["invoice.sent"]),
                    Order = OrderingMode.Subject,
                    Retry = new RetryPolicy { Attempts = 1_000, Base = TimeSpan.FromMilliseconds(100), Cap = TimeSpan.FromMilliseconds(200) },
                })));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        return new UpgradeHost(host);
    }

    /// <summary>An event whose id is not signed, so that its key holds the body.</summary>
    public async Task<IngestResult> IngestKeyedAsync(string messageId, byte[]? body = null)
    {
        var digest = SHA256.HashData(body ?? Body);
        var hash = DeduplicationKey.Short(digest);
        return (await _host.Services.GetRequiredService<IEventIngress>().IngestAsync(
            [
                new IncomingEvent
                {
                    Integration = "billing",
                    Type = "invoice.seen",
                    MessageId = messageId,
                    Body = body ?? Body,
                    Key = new DeduplicationKey(DeduplicationKey.Join(messageId, digest), hash, IsShared: true, messageId, hash),
                },
            ],
            TestContext.Current.CancellationToken))[0];
    }

    public async Task<IngestResult> IngestAsync(string messageId, string type, string? subject = null) =>
        (await _host.Services.GetRequiredService<IEventIngress>().IngestAsync(
            [
                new IncomingEvent
                {
                    Integration = "billing",
                    Type = type,
                    MessageId = messageId,
                    Subject = subject,
                    ContentType = "application/json",
                    Headers = [KeyValuePair.Create("x-kept", "yes")],
                    Body = Body,
                },
            ],
            TestContext.Current.CancellationToken))[0];

    /// <summary>Work in every state, a key and a configuration.</summary>
    public async Task FillAsync()
    {
        await IngestAsync("booked", "invoice.paid");
        foreach (var id in new[] { "dead-1", "dead-2" })
        {
            await IngestAsync(id, "invoice.voided");
        }

        await WhenAsync(DeliveryState.Dead, 2);
        var dead = await DeliveriesAsync(DeliveryState.Dead);
        await Operations.StartReplayAsync(new DeadLetterFilter { Deliveries = [dead[0].Id] }, null, false, new Operator("release", "kept for upgrades"), TestContext.Current.CancellationToken);
        await Station.UntilAsync(async () => (await Store.Queries.ListReplaysAsync(null, 10, TestContext.Current.CancellationToken)) is [{ State: ReplayState.Completed }], () => "the replay");
        await WhenAsync(DeliveryState.Dead, 3);
        Assert.Equal(2, await DeadLettersAsync());
        foreach (var i in Enumerable.Range(0, 3))
        {
            await IngestAsync($"sent-{i}", "invoice.sent", "customer");
        }

        await WhenAsync(DeliveryState.Retrying, 1);
        await WhenAsync(DeliveryState.Pending, 2);
        var commits = _host.Services.GetRequiredService<ICommitQueue>();
        var now = _host.Services.GetRequiredService<TimeProvider>().GetUtcNow();
        var key = new ApiKeyRecord(dead[0].Id, "kept", "ck_KEPT", SHA256.HashData(Body), ["admin"], now, null);
        await commits.SubmitAsync(new PutApiKeyCommand { Key = key }, TestContext.Current.CancellationToken);
        await commits.SubmitAsync(new PutConfigurationCommand { Document = Document, At = now }, TestContext.Current.CancellationToken);
    }

    public async Task<IReadOnlyList<DeliveryView>> DeliveriesAsync(DeliveryState state) =>
        await Store.Queries.ListDeliveriesAsync(new DeliveryFilter(State: state), null, 100, TestContext.Current.CancellationToken);

    /// <summary>Those that were not replayed.</summary>
    public async Task<long> DeadLettersAsync() => await Store.Queries.CountDeadLettersAsync(new DeadLetterFilter(), TestContext.Current.CancellationToken);

    public Task WhenAsync(DeliveryState state, int count) =>
        Station.UntilAsync(async () => (await DeliveriesAsync(state)).Count == count, () => $"{count} deliveries {state}");

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static async Task BookAsync(EventContext context, CancellationToken cancellationToken)
    {
        await context.Transaction.ExecuteAsync($"CREATE TABLE IF NOT EXISTS bookings (n INTEGER PRIMARY KEY, message TEXT)", cancellationToken);
        await context.Transaction.ExecuteAsync($"INSERT INTO bookings (message) VALUES ({context.Event.MessageId})", cancellationToken);
    }
}
