using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Retry;
using Carrick.Simulation.Faults;
using Carrick.Simulation.Memory;
using Carrick.Sqlite;
using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carrick.Tests.Engine;

/// <summary>Handler databases that answer late, lose an answer, or fail at the worst moment.</summary>
public sealed class UnluckyDatabaseTests
{
    [Fact]
    public async Task Outbox_LeftByAKilledProcess_WaitsForTheIntegrationsToBeInForce()
    {
        using var folder = new TemporaryFolder();
        await using (await StartAsync(folder, (_, _) => Task.CompletedTask))
        {
        }

        Execute(folder, "INSERT INTO carrick_outbox (integration, message_id, type, content_type, body) VALUES ('billing', 'left-over', 'invoice.void', 'text/plain', x'00')");
        var first = new Watched();
        await using var host = await StartAsync(
            folder,
            (_, _) => Task.CompletedTask,
            first.Watch,
            billing => billing.On("invoice.void", (_, _) => Task.CompletedTask, handler => handler with { Database = new Late(first.Read) }));

        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
    }

    [Fact]
    public async Task Commit_InTheEnginesDatabase_WhoseAnswerIsLost_LeavesTheDepthsTrue()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, (_, _) => Task.CompletedTask, inner => new LostAnswer(inner), inEngine: true);

        await host.IngestAsync("m1");

        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Commit_WhoseAnswerIsLost_PublishesWhatItKept()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, Publish, inner => new LostAnswer(inner));

        await host.IngestAsync("m1");

        await host.WhenAsync(async () => (await host.Store.Queries.ListEventsAsync(new(Type: "invoice.booked"), null, 10, default)).Count == 1, "the published event");
        await host.WhenAsync(() => Task.FromResult(OutboxCount(folder) == 0), "an empty outbox");
    }

    [Fact]
    public async Task Outbox_OfADeliveryUnderGuard_IsEmptied()
    {
        using var folder = new TemporaryFolder();
        await using (await StartAsync(folder, Publish))
        {
        }

        for (var crash = 0; crash < PoisonGuard.UncleanStartsToGuard; crash++)
        {
            await using var store = new SqliteStore(new SqliteFile($"Data Source={folder.Path}/carrick.db"), TimeProvider.System, NullLogger.Instance);
            await store.OpenAsync(TestContext.Current.CancellationToken);
        }

        await using var host = await StartAsync(folder, Publish);
        await host.IngestAsync("m1");

        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        await host.WhenAsync(() => Task.FromResult(OutboxCount(folder) == 0), "an empty outbox");
    }

    [Fact]
    public async Task Stop_CancelsAHandlerWhoseRollbackFails_CountsNoAttempt()
    {
        using var folder = new TemporaryFolder();
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var host = await StartAsync(
            folder,
            async (_, cancellationToken) =>
            {
                running.TrySetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            },
            inner => new FailingRollback(inner)))
        {
            await host.IngestAsync("m1");
            await running.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }

        await using var again = await StartAsync(folder, (_, _) => Task.CompletedTask);
        await again.WhenCountAsync(DeliveryState.Succeeded, 1);
        Assert.Equal(1, (await again.DeliveriesAsync())[0].Attempts);
    }

    private static Task Publish(EventContext context, CancellationToken cancellationToken)
    {
        context.Publish("invoice.booked", new byte[] { 1 }, "application/octet-stream");
        return Task.CompletedTask;
    }

    private static Task<EngineHost> StartAsync(
        TemporaryFolder folder, EventHandlerDelegate handler, Func<IHandlerDatabase, IHandlerDatabase>? wrap = null, Action<IntegrationBuilder>? more = null, bool inEngine = false) =>
        EngineHost.StartAsync(
            folder,
            ScriptedSender.Always(AttemptResult.Success()),
            billing =>
            {
                billing.On("invoice.paid", handler, definition => definition with
                {
                    Retry = new RetryPolicy { Base = TimeSpan.FromMilliseconds(10), Cap = TimeSpan.FromMilliseconds(20) },
                });
                more?.Invoke(billing);
            },
            carrick =>
            {
                _ = inEngine ? carrick.UseEngineDatabaseForHandlers() : carrick.UseSqliteHandlerDatabase($"Data Source={folder.Path}/shop.db");
                var database = carrick.Services.Last(service => service.ServiceType == typeof(IHandlerDatabase)).ImplementationFactory!;
                carrick.UseHandlerDatabase(services => (wrap ?? (inner => inner))((IHandlerDatabase)database(services)));
            });

    private static long OutboxCount(TemporaryFolder folder) => (long)Execute(folder, "SELECT count(*) FROM carrick_outbox")!;

    private static object? Execute(TemporaryFolder folder, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={folder.Path}/shop.db;Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    /// <summary>Tells when its outbox is read.</summary>
    private sealed class Watched
    {
        private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Read => _read.Task;

        public IHandlerDatabase Watch(IHandlerDatabase inner) => new Database(inner, _read);

        private sealed class Database(IHandlerDatabase inner, TaskCompletionSource read) : PassingHandlerDatabase(inner)
        {
            public override async ValueTask<IReadOnlyList<OutboxMessage>> ReadOutboxAsync(long after, int limit, CancellationToken cancellationToken)
            {
                var messages = await base.ReadOutboxAsync(after, limit, cancellationToken);
                read.TrySetResult();
                return messages;
            }
        }
    }

    /// <summary>A second database that takes its time to open: until the other's outbox has been read, or long enough for it to have been.</summary>
    private sealed class Late(Task until) : PassingHandlerDatabase(new MemoryHandlerDatabase("late", new HandlerTables(), null))
    {
        public override async ValueTask InitializeAsync(CancellationToken cancellationToken) =>
            await Task.WhenAny(until, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, cancellationToken));
    }

    /// <summary>Its first commit happens, and fails all the same.</summary>
    private sealed class LostAnswer(IHandlerDatabase inner) : PassingHandlerDatabase(inner)
    {
        private int _commits;

        public override async ValueTask<IHandlerSession> OpenSessionAsync(CancellationToken cancellationToken) =>
            new Session(this, await base.OpenSessionAsync(cancellationToken));

        private sealed class Session(LostAnswer database, IHandlerSession inner) : PassingSession(inner)
        {
            private bool _began;

            public override ValueTask<LedgerVerdict> BeginAsync(LedgerEntry entry, CancellationToken cancellationToken)
            {
                _began = true;
                return base.BeginAsync(entry, cancellationToken);
            }

            public override async ValueTask<bool> CommitAsync(CancellationToken cancellationToken)
            {
                var isComplete = await base.CommitAsync(cancellationToken);
                if (_began && Interlocked.Increment(ref database._commits) == 1)
                {
                    throw new StoreException("The connection was lost.", StoreFailure.Transient);
                }

                return isComplete;
            }
        }
    }

    /// <summary>It cannot undo what a handler did.</summary>
    private sealed class FailingRollback(IHandlerDatabase inner) : PassingHandlerDatabase(inner)
    {
        public override async ValueTask<IHandlerSession> OpenSessionAsync(CancellationToken cancellationToken) =>
            new Session(await base.OpenSessionAsync(cancellationToken));

        private sealed class Session(IHandlerSession inner) : PassingSession(inner)
        {
            public override ValueTask DiscardAsync(CancellationToken cancellationToken) => throw new StoreException("The disk is gone.", StoreFailure.Transient);
        }
    }
}
