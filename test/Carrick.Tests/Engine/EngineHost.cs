using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using Carrick.Commit;
using Carrick.Delivery;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Carrick.Tests.Engine;

/// <summary>The engine on a SQLite file of its own, or on another store, with a scripted sender in place of HTTP.</summary>
internal sealed class EngineHost : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly IHost _host;

    private EngineHost(IHost host) => _host = host;

    public IOperations Operations => _host.Services.GetRequiredService<IOperations>();

    public IStore Store => _host.Services.GetRequiredService<IStore>();

    public IEventIngress Ingress => _host.Services.GetRequiredService<IEventIngress>();

    public ICarrickEngine Engine => _host.Services.GetRequiredService<ICarrickEngine>();

    public ICommitQueue Commits => _host.Services.GetRequiredService<ICommitQueue>();

    public IMeterFactory Meters => _host.Services.GetRequiredService<IMeterFactory>();

    public static Task<EngineHost> StartAsync(
        TemporaryFolder folder, ScriptedSender sender, Action<IntegrationBuilder> configure, Action<CarrickBuilder>? carrick = null) =>
        StartAsync(options => options.UseSqlite($"Data Source={folder.Path}/carrick.db"), sender, configure, carrick);

    /// <param name="store">Chooses the store.</param>
    /// <param name="sender">In place of HTTP.</param>
    /// <param name="configure">The integration <c>billing</c>.</param>
    /// <param name="carrick">More settings.</param>
    public static async Task<EngineHost> StartAsync(
        Action<CarrickBuilder> store, ScriptedSender sender, Action<IntegrationBuilder> configure, Action<CarrickBuilder>? carrick = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<IEndpointSender>(sender);
        builder.Services.AddCarrick(options =>
        {
            store(options);
            options.Configure(limits => limits.ShutdownGrace = TimeSpan.FromSeconds(2));
            options.AddIntegration("billing", configure);
            carrick?.Invoke(options);
        });
        var host = builder.Build();
        try
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
        }
        catch
        {
            host.Dispose();
            throw;
        }

        return new EngineHost(host);
    }

    public async Task<IngestResult> IngestAsync(string messageId, string type = "invoice.paid", string? subject = null, string body = "{}", long? version = null)
    {
        var incoming = new IncomingEvent
        {
            Integration = "billing",
            Type = type,
            MessageId = messageId,
            Subject = subject,
            ContentType = "application/json",
            Body = Encoding.UTF8.GetBytes(body),
            Version = version,
        };
        return (await Ingress.IngestAsync([incoming], TestContext.Current.CancellationToken))[0];
    }

    /// <summary>Sends <c>m0</c>, <c>m1</c> and so on, in waves, until a task has ended.</summary>
    /// <returns>How many.</returns>
    public async Task<int> IngestUntilAsync(Task until)
    {
        const int Wave = 50;
        var sent = 0;
        for (; !until.IsCompleted; sent += Wave)
        {
            await Task.WhenAll(Enumerable.Range(sent, Wave).Select(i => IngestAsync($"m{i}")));
        }

        return sent;
    }

    public T Service<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    /// <summary>Ends when the engine has stopped the host by itself.</summary>
    public Task StoppedAsync() => _host.WaitForShutdownAsync(TestContext.Current.CancellationToken);

    public ConsumerStatus Consumer(string name) => Operations.ListConsumers().Single(consumer => consumer.Definition.Name == name);

    public async Task<IReadOnlyList<DeliveryView>> DeliveriesAsync(DeliveryState? state = null) =>
        await Store.Queries.ListDeliveriesAsync(new DeliveryFilter(State: state), null, 500, TestContext.Current.CancellationToken);

    /// <summary>Waits until the condition holds; fails with what the deliveries look like otherwise.</summary>
    public async Task WhenAsync(Func<Task<bool>> condition, string what)
    {
        var until = TimeProvider.System.GetUtcNow() + Limit;
        while (!await condition())
        {
            if (TimeProvider.System.GetUtcNow() > until)
            {
                var states = (await DeliveriesAsync()).GroupBy(view => view.State).Select(group => $"{group.Key}: {group.Count()}");
                Assert.Fail($"Timed out waiting for {what}. {string.Join(", ", states)}. Problem: {Engine.Problem}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public Task WhenCountAsync(DeliveryState state, int count) =>
        WhenAsync(async () => (await DeliveriesAsync(state)).Count == count, $"{count} deliveries {state}");

    /// <summary>At rest every depth that is reported equals the count in SQL.</summary>
    public Task AssertDepthsAsync() => WhenAsync(
        async () =>
        {
            var counts = await Store.Work.CountAsync(TestContext.Current.CancellationToken);
            return Operations.ListConsumers().All(consumer => counts.GetValueOrDefault(consumer.State.Number) == consumer.Depth);
        },
        "the depths to equal the counts in SQL");

    public Task StopAsync() => _host.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}

/// <summary>Answers attempts as a script says, and remembers them.</summary>
internal sealed class ScriptedSender(Func<EndpointDefinition, EventRecord, int, CancellationToken, Task<AttemptResult>> script) : IEndpointSender
{
    public ConcurrentQueue<(string Endpoint, EventRecord Record, int Attempt, DateTimeOffset At)> Sent { get; } = new();

    public static ScriptedSender Always(AttemptResult result) => new((_, _, _, _) => Task.FromResult(result));

    public async ValueTask<AttemptResult> SendAsync(EndpointDefinition endpoint, EventRecord record, int attempt, CancellationToken stopping)
    {
        Sent.Enqueue((endpoint.Name, record, attempt, TimeProvider.System.GetUtcNow()));
        return await script(endpoint, record, attempt, stopping);
    }
}

/// <summary>A folder that is deleted at the end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("carrick-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
