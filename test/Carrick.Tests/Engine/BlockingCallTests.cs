using System.Collections.Concurrent;
using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Retry;
using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Carrick.Storage.Commands;
using SQLitePCL;
using Xunit;

namespace Carrick.Tests.Engine;

/// <summary>No thread of the pool, which receiving needs, waits for SQLite: not at the start, nor while all of it works, nor at the stop.</summary>
public sealed class BlockingCallTests
{
    private static readonly Operator Someone = new("key_1", "test");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Engine_WhateverItDoes_CallsSqliteOnThreadsOfItsOwn(bool inTheEnginesDatabase)
    {
        using var folder = new TemporaryFolder();
        var (calls, wrong) = (new ConcurrentDictionary<string, int>(), new ConcurrentBag<string>());
        var before = Database.Calling;
        Database.Calling = handle =>
        {
            // Other tests run beside this one.
            if (raw.sqlite3_db_filename(handle, "main").utf8_to_string().StartsWith(folder.Path, StringComparison.Ordinal))
            {
                calls.AddOrUpdate(Thread.CurrentThread.Name ?? "", 1, (_, count) => count + 1);
                if (Thread.CurrentThread.IsThreadPoolThread)
                {
                    wrong.Add(Environment.StackTrace);
                }
            }
        };
        try
        {
            await UseAsync(folder, inTheEnginesDatabase);
        }
        finally
        {
            Database.Calling = before;
        }

        Assert.True(wrong.IsEmpty, wrong.FirstOrDefault());
        Assert.Superset(new HashSet<string> { "carrick-commit", "carrick-read", "carrick-search", "carrick-handlers", "carrick-store", "carrick-outbox" }, calls.Keys.ToHashSet());
    }

    private static async Task UseAsync(TemporaryFolder folder, bool inTheEnginesDatabase)
    {
        var token = TestContext.Current.CancellationToken;
        var attempts = 0;
        await using var host = await EngineHost.StartAsync(
            options =>
            {
                options.UseSqlite($"Data Source={folder.Path}/carrick.db");
                if (inTheEnginesDatabase)
                {
                    options.UseEngineDatabaseForHandlers();
                }
            },
            new ScriptedSender((_, _, _, _) => Task.FromResult(Interlocked.Increment(ref attempts) % 3 == 0
                ? AttemptResult.Failure(FailureCategory.Permanent, "refused")
                : AttemptResult.Success())),
            billing => billing
                .On("invoice.paid", async (context, cancellationToken) =>
                {
                    // Goes on on the pool, as a handler that waits for something else does.
                    await Task.Delay(1, cancellationToken);
                    context.Publish("invoice.booked", new Dictionary<string, string> { ["id"] = context.Event.MessageId });
                    if (context.Event.MessageId == "m7")
                    {
                        throw new PermanentFailureException("Planted.");
                    }
                })
                .DeliverTo("orders", new Uri("http://127.0.0.1:9/")));
        for (var i = 0; i < 30; i++)
        {
            await host.IngestAsync($"m{i}");
        }

        await host.WhenAsync(async () => (await host.DeliveriesAsync()).All(view => view.State is DeliveryState.Succeeded or DeliveryState.Dead), "all");
        var dead = await host.DeliveriesAsync(DeliveryState.Dead);
        await host.Operations.RetryAsync(dead[0].Id, Someone, token);
        await host.Operations.DiscardAsync(dead[1].Id, Someone, token);
        await host.Operations.ReplayEventAsync(dead[2].EventId, null, force: true, Someone, token);
        await host.Operations.StartReplayAsync(new DeadLetterFilter(), null, force: false, Someone, token);
        await host.Operations.SetConsumerEnabledAsync("billing/orders", enabled: false, Someone, token);
        foreach (var filter in new EventFilter[] { new(), new(Type: "none"), new(MessageId: "m1"), new(Subject: "x") })
        {
            await host.Store.Queries.ListEventsAsync(filter, null, 10, token);
        }

        await host.Store.Queries.ListDeadLettersAsync(new(), null, 10, token);
        await host.Store.Queries.ListAuditAsync(null, 10, token);
        await host.Store.Queries.FindEventAsync(dead[0].EventId, token);
        await host.Engine.ApplyAsync(
            [.. host.Engine.Topology.Integrations, new IntegrationDefinition { Name = "later" }], token);
        var soon = TimeProvider.System.GetUtcNow().AddDays(1);
        await host.Commits.SubmitAsync(new RetentionCommand { EventsBefore = soon, KeysBefore = soon, DeadLettersBefore = soon, Limit = 1_000 }, token);
    }
}
