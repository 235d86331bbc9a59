using System.Collections.Concurrent;
using Carrick.Cluster;
using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Postgres;
using Carrick.Retry;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Tests.Engine;
using Carrick.TestServices.Faults;
using Carrick.TestServices.Postgres;
using Carrick.Tests.Stores;
using Npgsql;

namespace Carrick.Tests.Cluster;

/// <summary>Several engines on one schema.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private static readonly Operator Person = new("key_test");
    private static readonly RetryPolicy Never = new() { Attempts = 1 };
    private readonly PostgresTestSchema _schema = new();
    private readonly List<EngineHost> _nodes = [];
    private readonly ConcurrentQueue<(string Key, string Message)> _handled = new();
    private readonly ConcurrentDictionary<string, int> _now = new();
    private volatile string? _violation;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        _schema.Drop();
    }

    [Fact]
    public async Task Nodes_ThatComeAndGoUnderLoad_HandleEveryEventOnceInTheOrderOfItsKey()
    {
        await StartAsync(Ordered);
        var sent = 0;
        await SendAsync(150);
        await StartAsync(Ordered);
        await WhileAsync(() => Shares is not [32, 32], 20);
        await StartAsync(Ordered);
        await WhileAsync(() => Shares is not [21 or 22, 21 or 22, 21 or 22], 20);
        await SendAsync(150);
        await StopAsync(1);
        await WhileAsync(() => Shares is not [32, 32], 20);
        await StopAsync(0);
        await WhileAsync(() => Shares is not [64], 20);

        await _nodes[0].WhenAsync(() => Task.FromResult(_schema.Scalar("SELECT count(*) FROM ~outcomes WHERE outcome = 1") is long count && count == sent), "all deliveries");
        Assert.Null(_violation);
        Assert.Equal(sent, _handled.Select(handled => handled.Message).Distinct().Count());
        Assert.Equal(sent, _handled.Count);
        AssertOrder();
        await _nodes[0].AssertDepthsAsync();

        async Task WhileAsync(Func<bool> waits, int seconds)
        {
            var until = TimeProvider.System.GetUtcNow().AddSeconds(seconds);
            while (waits())
            {
                Assert.True(TimeProvider.System.GetUtcNow() < until, $"The shards are {string.Join(", ", Shares)}.");
                await SendAsync(10);
            }
        }

        async Task SendAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                // The messages of a key go in by their numbers, each by any node.
                await _nodes[sent % _nodes.Count].IngestAsync($"{sent++:D6}", subject: $"k{sent % 7}");
            }
        }
    }

    [Fact]
    public async Task Nodes_BehindAPooler_LookWhatOthersHaveForThem()
    {
        var pooler = await SharedPostgres.GetPoolerAsync();
        await StartAsync(Ordered, connection: pooler.ConnectionString);
        await StartAsync(Ordered, connection: pooler.ConnectionString);
        Assert.True(((PostgresStore)_nodes[1].Store).Database.IsBehindPooler);
        await SharedAsync();

        for (var i = 0; i < 60; i++)
        {
            await _nodes[i % 2].IngestAsync($"{i:D6}", subject: $"k{i % 7}");
        }

        await _nodes[0].WhenCountAsync(DeliveryState.Succeeded, 60);
        Assert.Null(_violation);
        AssertOrder();
        await DepthsAsync();
    }

    [Fact]
    public async Task Node_ThatHasNothingToDo_AndWasTakenForDead_StopsWithItsNextRenewal()
    {
        await StartAsync(Ordered);

        _schema.Scalar("DELETE FROM ~nodes");

        await _nodes[0].StoppedAsync().WaitAsync(TimeSpan.FromSeconds(15), Token);
        Assert.Contains("taken for dead", _nodes[0].Engine.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Node_ThatAloneLosesItsDatabase_IsTakenOver_AndStopsWhenItIsBack()
    {
        await using var network = new FaultProxy(_schema.Server.Port, seed: 1);
        await StartAsync(Ordered, connection: new NpgsqlConnectionStringBuilder(_schema.ConnectionString) { Port = network.Port }.ConnectionString);
        await StartAsync(Ordered);
        await SharedAsync();
        var (alone, other) = (_nodes[0], _nodes[1]);

        network.Plan = new FaultPlan { RefusesConnects = true };
        network.Reset();
        var started = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 30; i++)
        {
            // Some of these are in shards of the one that is away.
            await other.IngestAsync($"{i:D6}", subject: $"k{i % 7}");
        }

        await other.WhenCountAsync(DeliveryState.Succeeded, 30);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(13));
        await Assert.ThrowsAsync<EngineFullException>(() => alone.IngestAsync("refused"));
        network.Plan = FaultPlan.None;

        await alone.StoppedAsync();
        Assert.Contains("taken for dead", alone.Engine.Problem, StringComparison.Ordinal);
        Assert.Equal([64], [ShardText.Count(((PostgresStore)other.Store).Shards.Owned)]);
        Assert.Null(_violation);
        AssertOrder();
    }

    [Fact]
    public async Task Shards_WhoseAttemptsTakeTooLong_AreKept_AndGoOnMeanwhile()
    {
        var hold = new TaskCompletionSource();
        void Configure(IntegrationBuilder billing) => billing.On(
            "invoice.paid",
            async (context, cancellationToken) =>
            {
                if (context.Event.Subject == "slow")
                {
                    await hold.Task.WaitAsync(cancellationToken);
                }
            },
            handler => handler with { Order = OrderingMode.Subject });
        await StartAsync(Configure);
        _nodes[0].Service<ClusterRunner>().DrainWithin = TimeSpan.FromSeconds(1);
        // Of the shards that would go: the upper half.
        Assert.InRange(Placement.Of(_nodes[0].Consumer("billing/invoice.paid").State.Number, "slow"), 32, 63);
        await _nodes[0].IngestAsync("000000", subject: "slow");
        await _nodes[0].WhenAsync(() => Task.FromResult(_nodes[0].Consumer("billing/invoice.paid").Running == 1), "the handler to run");

        await StartAsync(Configure);
        var shards = _nodes[0].Service<ShardSet>();
        await _nodes[0].WhenAsync(() => Task.FromResult(shards.Serving != shards.Owned), "shards to be about to go");
        for (var i = 1; i <= 40; i++)
        {
            await _nodes[i % 2].IngestAsync($"{i:D6}", subject: $"k{i}");
        }

        await _nodes[0].WhenAsync(() => Task.FromResult(shards.Serving == ShardSet.All), "them to stay");
        await _nodes[0].WhenCountAsync(DeliveryState.Succeeded, 40);
        Assert.Equal([64, 0], Shares);
        hold.SetResult();
        await _nodes[0].WhenCountAsync(DeliveryState.Succeeded, 41);
        await DepthsAsync();
    }

    [Fact]
    public async Task Endpoint_OfTwoNodes_IsCalledByOneOfThem()
    {
        var sender = ScriptedSender.Always(AttemptResult.Success(200));
        var other = ScriptedSender.Always(AttemptResult.Success(200));
        await StartAsync(Endpoint, sender);
        await StartAsync(Endpoint, other);
        await SharedAsync();

        for (var i = 0; i < 40; i++)
        {
            await _nodes[i % 2].IngestAsync($"m{i}");
        }

        await _nodes[0].WhenCountAsync(DeliveryState.Succeeded, 40);
        Assert.Contains(0, new List<int> { sender.Sent.Count, other.Sent.Count });
        Assert.Equal(40, sender.Sent.Count + other.Sent.Count);
        await DepthsAsync();
    }

    [Fact]
    public async Task DeadLetters_ReplayedOnEitherNode_LeaveTheDepthsOfAllEqualToSql()
    {
        var works = false;
        void Configure(IntegrationBuilder billing) => billing.On(
            "invoice.paid",
            (_, _) => works ? Task.CompletedTask : throw new PermanentFailureException("Not yet."),
            handler => handler with { Order = OrderingMode.Subject, Retry = Never });
        await StartAsync(Configure);
        await StartAsync(Configure);
        await SharedAsync();
        for (var i = 0; i < 30; i++)
        {
            await _nodes[i % 2].IngestAsync($"m{i}", subject: $"k{i}");
        }

        await _nodes[0].WhenCountAsync(DeliveryState.Dead, 30);
        await DepthsAsync();
        works = true;
        var dead = await _nodes[0].DeliveriesAsync(DeliveryState.Dead);
        for (var i = 0; i < 10; i++)
        {
            Assert.NotNull(await _nodes[i % 2].Operations.RetryAsync(dead[i].Id, Person, Token));
            Assert.True(await _nodes[i % 2].Operations.DiscardAsync(dead[10 + i].Id, Person, Token));
        }

        // On the node that does not lead.
        await _nodes[1].Operations.StartReplayAsync(new DeadLetterFilter(), null, force: false, Person, Token);

        await _nodes[0].WhenCountAsync(DeliveryState.Succeeded, 20);
        Assert.DoesNotContain(await _nodes[1].DeliveriesAsync(DeliveryState.Dead), delivery => delivery.ReplayedBy is null);
        await DepthsAsync();
    }

    [Fact]
    public async Task ReplayJob_OfALeaderThatLeaves_IsFinishedByTheNext()
    {
        var works = false;
        void Configure(IntegrationBuilder billing) => billing.On(
            "invoice.paid", (_, _) => works ? Task.CompletedTask : throw new PermanentFailureException("Not yet."), handler => handler with { Retry = Never });
        await StartAsync(Configure);
        await StartAsync(Configure);
        await SharedAsync();
        for (var i = 0; i < 30; i++)
        {
            await _nodes[i % 2].IngestAsync($"m{i}");
        }

        await _nodes[1].WhenCountAsync(DeliveryState.Dead, 30);
        works = true;
        await _nodes[1].Operations.StartReplayAsync(new DeadLetterFilter(), 10, force: false, Person, Token);
        await _nodes[1].WhenAsync(async () => (await _nodes[1].DeliveriesAsync(DeliveryState.Succeeded)).Count > 3, "the replay to be under way");
        Assert.InRange((await _nodes[1].DeliveriesAsync(DeliveryState.Succeeded)).Count, 4, 25);
        await StopAsync(0);

        await _nodes[0].WhenCountAsync(DeliveryState.Succeeded, 30);
        await DepthsAsync();
    }

    [Fact]
    public async Task Delivery_RetriedOrDiscardedOnAnotherNode_IsSoAtItsOwner()
    {
        var works = false;
        void Configure(IntegrationBuilder billing) => billing.On(
            "invoice.paid",
            (_, _) => works ? Task.CompletedTask : throw new InvalidOperationException("Not yet."),
            handler => handler with { Order = OrderingMode.Subject, Retry = new RetryPolicy { Attempts = 9, Base = TimeSpan.FromHours(1), Cap = TimeSpan.FromHours(2) } });
        await StartAsync(Configure);
        await StartAsync(Configure);
        await SharedAsync();
        for (var i = 0; i < 12; i++)
        {
            await _nodes[i % 2].IngestAsync($"m{i}", subject: $"k{i}");
        }

        await _nodes[0].WhenCountAsync(DeliveryState.Retrying, 12);
        works = true;
        var waiting = await _nodes[0].DeliveriesAsync(DeliveryState.Retrying);
        for (var i = 0; i < 12; i++)
        {
            var by = _nodes[i % 3 == 0 ? 0 : 1].Operations;
            Assert.True(i % 2 == 0 ? await by.RetryAsync(waiting[i].Id, Person, Token) is not null : await by.DiscardAsync(waiting[i].Id, Person, Token));
        }

        await _nodes[0].WhenCountAsync(DeliveryState.Succeeded, 6);
        await DepthsAsync();
    }

    [Fact]
    public async Task Consumer_DisabledOnOneNode_IsSoOnAll()
    {
        await StartAsync(Ordered);
        await StartAsync(Ordered);
        await SharedAsync();

        await _nodes[1].Operations.SetConsumerEnabledAsync("billing/invoice.paid", enabled: false, Person, Token);
        await _nodes[0].WhenAsync(() => Task.FromResult(_nodes[0].Consumer("billing/invoice.paid").State.DisabledAt is not null), "the consumer to be disabled");
        for (var i = 0; i < 10; i++)
        {
            await _nodes[i % 2].IngestAsync($"{i:D6}", subject: $"k{i}");
        }

        await DepthsAsync();
        Assert.Empty(_handled);
        await _nodes[0].Operations.SetConsumerEnabledAsync("billing/invoice.paid", enabled: true, Person, Token);
        await _nodes[0].WhenCountAsync(DeliveryState.Succeeded, 10);
    }

    [Fact]
    public async Task Outbox_OfANodeThatDied_IsPublishedByAnother()
    {
        await StartAsync(Ordered);
        await _nodes[0].IngestAsync("000000", subject: "k");
        await _nodes[0].WhenCountAsync(DeliveryState.Succeeded, 1);
        _schema.Scalar("INSERT INTO ~carrick_outbox (integration, message_id, type, content_type, body) VALUES ('billing', 'left', 'other', 'text/plain', '') RETURNING id");
        // A node that never was: its lease has ended, and a shard is its.
        _schema.Scalar("INSERT INTO ~nodes (name, started_at, expires_at) VALUES ('ghost', now(), now() - interval '1 second') RETURNING id");

        await _nodes[0].WhenAsync(() => Task.FromResult(_schema.Scalar("SELECT count(*) FROM ~events WHERE message_id = 'left'") is 1L), "the message that was left in the outbox");
        Assert.Equal(1L, _schema.Scalar("SELECT count(*) FROM ~nodes"));
    }

    private IReadOnlyList<int> Shares => [.. _nodes.Select(node => ShardText.Count(((PostgresStore)node.Store).Shards.Owned))];

    private static void Endpoint(IntegrationBuilder billing) => billing.DeliverTo("orders", new Uri("http://127.0.0.1:9/"));

    private void Ordered(IntegrationBuilder billing) => billing.On(
        "invoice.paid", HandleAsync, handler => handler with { Order = OrderingMode.Subject });

    private async Task HandleAsync(EventContext context, CancellationToken cancellationToken)
    {
        var key = context.Event.Subject!;
        if (_now.AddOrUpdate(key, 1, static (_, count) => count + 1) > 1)
        {
            _violation = $"Two of {key} at once.";
        }

        await using var command = context.Connection.CreateCommand();
        command.CommandText = "SELECT pg_sleep(0.002)";
        command.Transaction = context.Transaction;
        await command.ExecuteNonQueryAsync(cancellationToken);
        _handled.Enqueue((key, context.Event.MessageId));
        _now.AddOrUpdate(key, 0, static (_, count) => count - 1);
    }

    private void AssertOrder()
    {
        foreach (var key in _handled.GroupBy(handled => handled.Key))
        {
            Assert.Equal(key.Select(handled => handled.Message).Order(StringComparer.Ordinal), key.Select(handled => handled.Message));
        }
    }

    private Task SharedAsync() => _nodes[0].WhenAsync(() => Task.FromResult(Shares is [32, 32]), "the shards to be shared");

    /// <summary>At rest what all nodes report together is what is in SQL.</summary>
    private Task DepthsAsync() => _nodes[0].WhenAsync(
        () =>
        {
            var reported = _nodes.SelectMany(node => node.Operations.ListConsumers()).Select(consumer => consumer.Depth).ToList();
            var (ready, delayed, dead) = (
                _schema.Scalar("SELECT count(*) FROM ~work WHERE due_at = 0"), _schema.Scalar("SELECT count(*) FROM ~work WHERE due_at > 0"),
                _schema.Scalar("SELECT count(*) FROM ~dead_letters WHERE replayed_by IS NULL"));
            return Task.FromResult(
                ready is long r && delayed is long d && dead is long l
                && (reported.Sum(depth => depth.Ready), reported.Sum(depth => depth.Delayed), reported.Sum(depth => depth.Dead)) == (r, d, l));
        },
        "the depths to equal the counts in SQL");

    private async Task StartAsync(Action<IntegrationBuilder> configure, ScriptedSender? sender = null, string? connection = null) => _nodes.Add(await EngineHost.StartAsync(
        carrick => carrick.UsePostgres(connection ?? _schema.ConnectionString, options => (options.Schema, options.HandlerSessions) = (_schema.Name, 2)),
        sender ?? ScriptedSender.Always(AttemptResult.Success(200)),
        configure));

    private async Task StopAsync(int node)
    {
        var leaving = _nodes[node];
        _nodes.RemoveAt(node);
        await leaving.DisposeAsync();
    }
}
