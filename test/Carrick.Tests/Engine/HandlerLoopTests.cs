using System.Text.Json;
using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Sqlite.Handlers;
using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Carrick.Tests.Engine;

/// <summary>What a handler throws, wherever it comes from, is the failure of its attempt and stops nobody else.</summary>
public sealed class HandlerLoopTests
{
    private static readonly RetryPolicy Quick = new() { Attempts = 3, Base = TimeSpan.FromMilliseconds(20), Cap = TimeSpan.FromMilliseconds(40) };

    [Fact]
    public async Task Handler_ScopedServiceThrowsOnDispose_FailsTheAttemptOnly()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, billing => billing.On(
            "invoice.paid",
            (context, _) =>
            {
                if (context.Event.MessageId == "bad" && context.Attempt < 3)
                {
                    context.Services.GetRequiredService<Unruly>().Use();
                }

                return Task.CompletedTask;
            },
            handler => handler with { Retry = Quick }));
        await host.IngestAsync("bad");
        await host.IngestAsync("good");
        await host.WhenCountAsync(DeliveryState.Succeeded, 2);

        var bad = (await host.DeliveriesAsync()).Single(view => view.Attempts > 1);
        var attempts = await host.Store.Queries.ListAttemptsAsync(bad.Id, TestContext.Current.CancellationToken);
        Assert.Equal([FailureCategory.Transient, FailureCategory.Transient, FailureCategory.None], attempts.Select(attempt => attempt.Category));
        Assert.Contains("Disposed badly.", attempts[0].Error, StringComparison.Ordinal);
        Assert.Null(host.Engine.Problem);
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Handler_FailsForGoodAndItsServiceThrowsOnDispose_KeepsItsOwnReason()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, billing => billing.On(
            "invoice.paid",
            (context, _) =>
            {
                context.Services.GetRequiredService<Unruly>().Use();
                throw new PermanentFailureException("No.");
            },
            handler => handler with { Retry = Quick }));
        await host.IngestAsync("bad");
        await host.WhenCountAsync(DeliveryState.Dead, 1);

        var attempts = await host.Store.Queries.ListAttemptsAsync((await host.DeliveriesAsync())[0].Id, TestContext.Current.CancellationToken);
        Assert.Equal(FailureCategory.Permanent, Assert.Single(attempts).Category);
        Assert.Contains("No.", attempts[0].Error, StringComparison.Ordinal);
        Assert.Contains("Disposed badly.", attempts[0].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handler_OwnCodeThrowsJsonException_IsTriedAgain()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, billing => billing.On<Invoice>(
            "invoice.paid",
            (_, context, _) => context.Attempt == 1 ? throw new JsonException("The answer of another service is no JSON.") : Task.CompletedTask,
            handler => handler with { Retry = Quick }));
        await host.IngestAsync("m1", body: "{\"number\":\"A1\"}");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);

        var attempts = await host.Store.Queries.ListAttemptsAsync((await host.DeliveriesAsync())[0].Id, TestContext.Current.CancellationToken);
        Assert.Equal([FailureCategory.Transient, FailureCategory.None], attempts.Select(attempt => attempt.Category));
    }

    [Theory]
    [InlineData("[1,2", "The body is not what the handler expects")]
    [InlineData("null", "The body is null")]
    public async Task Handler_TypedBodyThatIsNotWhatItExpects_IsDeadAndSaysWhy(string body, string why)
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, billing => billing.On<Invoice>("invoice.paid", (_, _, _) => Task.CompletedTask));
        await host.IngestAsync("m1", body: body);
        await host.WhenCountAsync(DeliveryState.Dead, 1);

        var attempts = await host.Store.Queries.ListAttemptsAsync((await host.DeliveriesAsync())[0].Id, TestContext.Current.CancellationToken);
        Assert.Equal(FailureCategory.Permanent, Assert.Single(attempts).Category);
        Assert.Contains(why, attempts[0].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handler_RollsBackWhatOthersShare_IsTheOnlyOneCharged()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(
            folder,
            billing => billing.On(
                "invoice.paid",
                async (context, cancellationToken) =>
                {
                    if (context.Event.MessageId == "bad")
                    {
                        await context.Transaction.RollbackAsync(cancellationToken);
                    }
                },
                handler => handler with { Retry = Quick }),
            // Long enough that the bad one finds others in its transaction.
            linger: TimeSpan.FromMilliseconds(100));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => host.IngestAsync(i == 25 ? "bad" : $"m{i}")));
        await host.WhenCountAsync(DeliveryState.Succeeded, 49);
        await host.WhenCountAsync(DeliveryState.Dead, 1);

        Assert.All(await host.DeliveriesAsync(DeliveryState.Succeeded), view => Assert.Equal(1, view.Attempts));
        Assert.Equal(3, (await host.DeliveriesAsync(DeliveryState.Dead))[0].Attempts);
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Lane_DatabaseThrowsSomethingElse_IsNotReadyUntilItWorksAgain()
    {
        using var folder = new TemporaryFolder();
        var database = new BrokenDatabase($"{folder.Path}/shop.db");
        await using var host = await EngineHost.StartAsync(
            folder,
            ScriptedSender.Always(AttemptResult.Success(200)),
            billing => billing.On("invoice.paid", (_, _) => Task.CompletedTask),
            carrick => carrick.UseHandlerDatabase(_ => database));
        await host.IngestAsync("m1");
        await host.WhenAsync(() => Task.FromResult(host.Engine.Problem is not null), "the problem to be told");
        Assert.Equal(EngineState.Degraded, host.Engine.State);
        Assert.Equal("Handler database 'broken' stands still (NotSupportedException).", host.Engine.Problem);

        database.Mend();
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        await host.WhenAsync(() => Task.FromResult(host.Engine.Problem is null), "the problem to be over");
        Assert.Equal(EngineState.Running, host.Engine.State);
        Assert.Equal(1, (await host.DeliveriesAsync())[0].Attempts);
    }

    [Fact]
    public async Task Stop_HandlerThatNeverReturns_EndsAndLosesNothing()
    {
        using var folder = new TemporaryFolder();
        var started = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        var calls = 0;
        await using (var host = await StartAsync(folder, billing => billing.On("invoice.paid", (_, _) =>
        {
            Interlocked.Increment(ref calls);
            started.TrySetResult();
            return never.Task;
        })))
        {
            await Task.WhenAll(Enumerable.Range(0, 5).Select(i => host.IngestAsync($"m{i}")));
            await started.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
            await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(25), TestContext.Current.CancellationToken);
            Assert.Equal(EngineState.Stopped, host.Engine.State);
            // It returns after all: what waited behind it must not start any more.
            never.SetResult();
        }

        Assert.Equal(1, calls);
        await using var again = await StartAsync(folder, billing => billing.On("invoice.paid", (_, _) => Task.CompletedTask));
        await again.WhenCountAsync(DeliveryState.Succeeded, 5);
        Assert.All(await again.DeliveriesAsync(), view => Assert.Equal(1, view.Attempts));
    }

    [Fact]
    public async Task Dispose_HandlerThatNeverReturnsInTheEnginesDatabase_Ends()
    {
        using var folder = new TemporaryFolder();
        var started = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        var host = await EngineHost.StartAsync(
            folder,
            ScriptedSender.Always(AttemptResult.Success()),
            billing => billing.On("invoice.paid", (_, _) =>
            {
                started.TrySetResult();
                return never.Task;
            }),
            carrick => carrick.UseEngineDatabaseForHandlers());
        await host.IngestAsync("m1");
        await started.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(25), TestContext.Current.CancellationToken);
        await Task.Run(async () => await host.DisposeAsync(), TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(25), TestContext.Current.CancellationToken);

        never.SetResult();
    }

    [Fact]
    public async Task Apply_OneNewConsumerCannotBeMade_ChangesNone()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, billing => billing.On("invoice.paid", (_, _) => Task.CompletedTask));
        var running = (HandlerDefinition)host.Consumer("billing/invoice.paid").Definition;
        var changed = new IntegrationDefinition
        {
            Name = "billing",
            Consumers =
            [
                running with { Timeout = TimeSpan.FromSeconds(77) },
                running with { Name = "billing/new", Database = new BrokenDatabase($"{folder.Path}/carrick.db/shop.db") },
            ],
        };

        await Assert.ThrowsAsync<StoreException>(async () => await host.Engine.ApplyAsync([changed], TestContext.Current.CancellationToken));

        Assert.Equal(running.Timeout, host.Consumer("billing/invoice.paid").Definition.Timeout);
    }

    [Fact]
    public async Task Apply_KindOfARunningConsumerChanged_IsRefused()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, billing => billing.On("invoice.paid", (_, _) => Task.CompletedTask));
        var changed = new IntegrationDefinition
        {
            Name = "billing",
            Consumers = [new EndpointDefinition { Name = "billing/invoice.paid", Integration = "billing", Url = new Uri("http://127.0.0.1:9/") }],
        };

        var refused = await Assert.ThrowsAsync<ArgumentException>(async () => await host.Engine.ApplyAsync([changed], TestContext.Current.CancellationToken));

        Assert.Contains("cannot become", refused.Message, StringComparison.Ordinal);
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
    }

    private static Task<EngineHost> StartAsync(TemporaryFolder folder, Action<IntegrationBuilder> configure, TimeSpan? linger = null) => EngineHost.StartAsync(
        folder,
        ScriptedSender.Always(AttemptResult.Success(200)),
        configure,
        carrick =>
        {
            carrick.Services.AddScoped<Unruly>();
            carrick.Configure(limits => limits.HandlerLinger = linger ?? limits.HandlerLinger);
            carrick.UseSqliteHandlerDatabase($"Data Source={folder.Path}/shop.db");
        });

    private sealed class BrokenDatabase(string path) : IHandlerDatabase
    {
        private readonly SqliteHandlerDatabase _database = new(new SqliteFile($"Data Source={path}"));
        private volatile bool _mended;

        public string Name => "broken";

        public int MaxSessions => 1;

        public bool CompletesWork => false;

        public void Mend() => _mended = true;

        public ValueTask InitializeAsync(CancellationToken cancellationToken) => _database.InitializeAsync(cancellationToken);

        public ValueTask<IHandlerSession> OpenSessionAsync(CancellationToken cancellationToken) =>
            _mended ? _database.OpenSessionAsync(cancellationToken) : throw new NotSupportedException("A bug of this database.");

        public ValueTask<IReadOnlyList<OutboxMessage>> ReadOutboxAsync(long after, int limit, CancellationToken cancellationToken) =>
            _database.ReadOutboxAsync(after, limit, cancellationToken);

        public ValueTask DisposeAsync() => _database.DisposeAsync();
    }

    private sealed record Invoice(string Number);

    private sealed class Unruly : IDisposable
    {
        public void Use()
        {
        }

        public void Dispose() => throw new NotSupportedException("Disposed badly.");
    }
}
