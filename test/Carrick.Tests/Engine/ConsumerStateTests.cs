using System.Collections.Concurrent;
using Carrick.Delivery;
using Carrick.Dispatch;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Retry;
using Carrick.Simulation.Memory;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Tests.Stores;
using CsCheck;

namespace Carrick.Tests.Engine;

/// <summary>What memory has of a consumer is what the store has, whatever endpoints answer and operators do at once.</summary>
public sealed class ConsumerStateTests : IDisposable
{
    private const string Orders = "billing/orders";
    private static readonly Operator Person = new("key_test", "because");
    private readonly TemporaryFolder _folder = new();
    private readonly MemoryTables _tables = new();
    private readonly List<PostgresTestSchema> _schemas = [];

    public static TheoryData<string> Stores => ["sqlite", "postgres", "memory"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static AttemptResult Gone => AttemptResult.Failure(FailureCategory.Gone, "410", 410);

    public void Dispose()
    {
        _schemas.ForEach(schema => schema.Drop());
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Gone_OfADeliveryThatWasDiscardedMeanwhile_DisablesNeitherMemoryNorStore(string store)
    {
        var answer = new TaskCompletionSource<AttemptResult>();
        await using var host = await StartAsync(Store(store), new ScriptedSender((_, _, _, _) => answer.Task));
        await host.IngestAsync("m1");
        await host.WhenAsync(() => Task.FromResult(host.Consumer(Orders).Running == 1), "the attempt");
        Assert.True(await host.Operations.DiscardAsync((await host.DeliveriesAsync())[0].Id, Person, Token));

        answer.SetResult(Gone);

        await host.WhenAsync(() => Task.FromResult(host.Consumer(Orders).Running == 0), "the attempt to end");
        Assert.Null(host.Consumer(Orders).State.DisabledAt);
        await AssertEqualAsync(host);
        await host.IngestAsync("m2");
        await host.WhenAsync(() => Task.FromResult(host.Consumer(Orders).State.DisabledAt is not null), "the next 410 to disable it");
        await AssertEqualAsync(host);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Gone_DecidedBeforeAnEnableAndCommittedAfterIt_DisablesMemoryToo(string store)
    {
        var answer = new TaskCompletionSource<AttemptResult>();
        await using var host = await StartAsync(Store(store), new ScriptedSender((_, _, _, _) => answer.Task));
        var (finisher, pump) = (host.Service<AttemptFinisher>(), host.Service<RunningTopology>().Current.FindPump(Orders)!);
        await host.IngestAsync("m1");
        await host.WhenAsync(() => Task.FromResult(host.Consumer(Orders).Running == 1), "the attempt");
        var item = (await host.Store.Work.FindAsync((await host.DeliveriesAsync())[0].Id, Token))!;

        var command = finisher.Decide(item, pump, Gone, TimeProvider.System.GetUtcNow(), TimeProvider.System.GetTimestamp())!;
        Assert.False(pump.MayStart());
        Assert.True(await host.Operations.SetConsumerEnabledAsync(Orders, enabled: true, Person, Token));
        await finisher.FinishAsync([(command, pump)], durable: false);

        Assert.NotNull(host.Consumer(Orders).State.DisabledAt);
        await AssertEqualAsync(host);
        answer.SetResult(AttemptResult.Success(200));
    }

    [Fact]
    public async Task Enable_WhoseCallerWaitsNoLonger_IsInForceAllTheSame()
    {
        await using var host = await StartAsync(Store("sqlite"), ScriptedSender.Always(AttemptResult.Success(200)));
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await host.Operations.SetConsumerEnabledAsync(Orders, enabled: false, Person, gone.Token));

        await host.WhenAsync(() => Task.FromResult(host.Consumer(Orders).State.DisabledAt is not null), "the consumer to be disabled");
        await AssertEqualAsync(host);
    }

    [Fact]
    public async Task Replay_WhoseCallerWaitsNoLonger_RunsAllTheSame()
    {
        var answers = new ConcurrentQueue<AttemptResult>([AttemptResult.Failure(FailureCategory.Permanent, "400", 400)]);
        await using var host = await StartAsync(
            Store("sqlite"), new ScriptedSender((_, _, _, _) => Task.FromResult(answers.TryDequeue(out var first) ? first : AttemptResult.Success(200))));
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Dead, 1);
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await host.Operations.StartReplayAsync(new DeadLetterFilter(), null, false, Person, gone.Token));

        await host.WhenAsync(async () => (await host.DeliveriesAsync(DeliveryState.Succeeded)).Count == 1, "the replay");
        await host.AssertDepthsAsync();
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Retry_WithAGateOfADeliveryThatIsGone_ClosesTheGateInMemoryAndStore(string store)
    {
        var until = TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(10);
        var answer = new TaskCompletionSource<AttemptResult>();
        var sender = new ScriptedSender((_, _, _, _) => answer.Task);
        var make = Store(store);
        await using (var host = await StartAsync(make, sender))
        {
            await host.IngestAsync("m1");
            await host.WhenAsync(() => Task.FromResult(host.Consumer(Orders).Running == 1), "the attempt");
            Assert.True(await host.Operations.DiscardAsync((await host.DeliveriesAsync())[0].Id, Person, Token));
            answer.SetResult(AttemptResult.Failure(FailureCategory.Throttled, "429", 429, until));
            await host.WhenAsync(() => Task.FromResult(host.Consumer(Orders).Running == 0), "the attempt to end");
            await host.IngestAsync("m2");
            Assert.True(host.Consumer(Orders).State.GateUntil >= until);
            await AssertEqualAsync(host);
        }

        await using var again = await StartAsync(make, sender);
        Assert.True(again.Consumer(Orders).State.GateUntil >= until);
        Assert.Single(sender.Sent);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task State_AfterAnyInterleavingOfAnswersAndOperators_IsWhatTheStoreHas(string store)
    {
        for (var seed = 1UL; seed <= 6; seed++)
        {
            var make = Store(store);
            var random = new PCG(5, seed);
            for (var life = 0; life < 3; life++)
            {
                await using var host = await StartAsync(make, Chancy(seed + (ulong)life));
                await AssertEqualAsync(host);
                await ActAsync(host, random);
                await host.WhenAsync(() => Task.FromResult(host.Consumer(Orders).Running == 0), $"seed {seed}: the attempts to end");
                await AssertEqualAsync(host, $"seed {seed}, life {life}");
            }
        }
    }

    private static async Task ActAsync(EngineHost host, PCG random)
    {
        List<Task> acting = [];
        for (var i = 0; i < 60; i++)
        {
            acting.Add(random.Next(8) switch
            {
                0 => host.Operations.SetConsumerEnabledAsync(Orders, enabled: false, Person, Token).AsTask(),
                1 or 2 => host.Operations.SetConsumerEnabledAsync(Orders, enabled: true, Person, Token).AsTask(),
                3 => OnAnyAsync(host, random, id => host.Operations.DiscardAsync(id, Person, Token).AsTask()),
                4 => OnAnyAsync(host, random, id => host.Operations.RetryAsync(id, Person, Token).AsTask()),
                _ => host.IngestAsync(Guid.NewGuid().ToString("N")),
            });
            if (random.Next(3) == 0)
            {
                await acting[^1];
            }
        }

        await Task.WhenAll(acting);
        // The last word of an operator: what runs may still answer.
        await host.Operations.SetConsumerEnabledAsync(Orders, enabled: random.Next(2) == 0, Person, Token);
    }

    private static async Task OnAnyAsync(EngineHost host, PCG random, Func<RecordId, Task> action)
    {
        if (await host.DeliveriesAsync() is { Count: > 0 } deliveries)
        {
            await action(deliveries[(int)random.Next((uint)deliveries.Count)].Id);
        }
    }

    private static ScriptedSender Chancy(ulong seed)
    {
        var random = new PCG(9, seed);
        return new ScriptedSender(async (_, _, _, _) =>
        {
            uint chance;
            lock (random)
            {
                chance = random.Next(10u);
            }

            await Task.Yield();
            return chance switch
            {
                0 or 1 or 2 => Gone,
                3 => AttemptResult.Failure(FailureCategory.Throttled, "429", 429, TimeProvider.System.GetUtcNow().AddMilliseconds(chance)),
                4 or 5 => AttemptResult.Failure(FailureCategory.Transient, "503", 503, TimeProvider.System.GetUtcNow().AddMilliseconds(3)),
                _ => AttemptResult.Success(200),
            };
        });
    }

    private static Task AssertEqualAsync(EngineHost host, string? what = null) => host.WhenAsync(
        async () =>
        {
            // A commit that ends attempts may still be told.
            var stored = (await host.Store.RegisterAsync([], [], Token)).Consumers[Orders];
            return host.Consumer(Orders).State == stored && host.Consumer(Orders).Running == 0 && await DepthsAsync(host);
        },
        $"memory to equal the store {what}: {host.Consumer(Orders).State}");

    private static async Task<bool> DepthsAsync(EngineHost host) =>
        (await host.Store.Work.CountAsync(Token)).GetValueOrDefault(host.Consumer(Orders).State.Number) == host.Consumer(Orders).Depth;

    private Task<EngineHost> StartAsync(Action<CarrickBuilder> store, ScriptedSender sender) => EngineHost.StartAsync(store, sender, billing => billing.DeliverTo(
        "orders", new Uri("http://127.0.0.1:9/"), endpoint => endpoint with { Retry = new RetryPolicy { Base = TimeSpan.FromMilliseconds(5), Cap = TimeSpan.FromMilliseconds(20) } }));

    private Action<CarrickBuilder> Store(string kind)
    {
        if (kind == "sqlite")
        {
            var file = $"{_folder.Path}/{Guid.NewGuid():N}.db";
            return carrick => carrick.UseSqlite($"Data Source={file}");
        }

        if (kind == "postgres")
        {
            var schema = new PostgresTestSchema();
            _schemas.Add(schema);
            return carrick => carrick.UsePostgres(schema.ConnectionString, options => options.Schema = schema.Name);
        }

        var tables = new MemoryTables();
        return carrick => carrick.UseStore(_ => new MemoryStore(tables, TimeProvider.System));
    }
}
