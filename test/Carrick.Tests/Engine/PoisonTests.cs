using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Retry;
using Carrick.Sqlite;
using Carrick.Sqlite.Raw;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Carrick.Tests.Engine;

/// <summary>A delivery that stops its host again and again is found and given up; the others are not.</summary>
public sealed class PoisonTests
{
    [Fact]
    public async Task Handler_UnderWayAtEveryCrash_BecomesADeadLetterAndTheOthersRun()
    {
        using var folder = new TemporaryFolder();
        await LeaveOutstandingAsync(folder, "poison", "good1", "good2");
        for (var i = 0; i < PoisonGuard.StartsAllowed; i++)
        {
            await CrashAsync(folder, startFirst: true);
        }

        List<string> ran = [];
        await using var host = await StartAsync(folder, (context, _) =>
        {
            ran.Add(context.Event.MessageId);
            return Task.CompletedTask;
        });
        await host.WhenCountAsync(DeliveryState.Dead, 1);
        await host.WhenCountAsync(DeliveryState.Succeeded, 2);
        Assert.Equal(["good1", "good2"], ran);
        var dead = Assert.Single(await host.DeliveriesAsync(DeliveryState.Dead));
        Assert.Equal(FailureCategory.Poison, dead.Category);
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Handler_OutstandingAtCrashesButNotUnderWay_Runs()
    {
        using var folder = new TemporaryFolder();
        await LeaveOutstandingAsync(folder, "a", "b");
        for (var i = 0; i < PoisonGuard.StartsAllowed + 2; i++)
        {
            await CrashAsync(folder, startFirst: false);
        }

        await using var host = await StartAsync(folder, (_, _) => Task.CompletedTask);
        await host.WhenCountAsync(DeliveryState.Succeeded, 2);
    }

    [Fact]
    public async Task Handler_FailsUnderGuard_SetsTheCountBack()
    {
        using var folder = new TemporaryFolder();
        await LeaveOutstandingAsync(folder, "a");
        for (var i = 0; i < PoisonGuard.StartsAllowed - 1; i++)
        {
            await CrashAsync(folder, startFirst: true);
        }

        await CrashAsync(folder, startFirst: false);
        await using var host = await StartAsync(
            folder, (context, _) => context.Attempt < 5 ? throw new InvalidDataException("Not yet.") : Task.CompletedTask);
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        Assert.Equal(5, (await host.DeliveriesAsync())[0].Attempts);
    }

    private static async Task LeaveOutstandingAsync(TemporaryFolder folder, params string[] messages)
    {
        await using var host = await StartAsync(folder, (_, cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken));
        foreach (var message in messages)
        {
            await host.IngestAsync(message);
        }
    }

    /// <summary>What a process that ends suddenly leaves: no clean stop, and the start of the delivery that it was at.</summary>
    private static async Task CrashAsync(TemporaryFolder folder, bool startFirst)
    {
        await using var store = new SqliteStore(new SqliteFile($"Data Source={folder.Path}/carrick.db"), TimeProvider.System, NullLogger.Instance);
        await store.OpenAsync(TestContext.Current.CancellationToken);
        var catalog = await store.RegisterAsync(["billing"], ["billing/invoice.paid"], TestContext.Current.CancellationToken);
        var number = catalog.Consumers["billing/invoice.paid"].Number;
        var item = (await store.Work.ReadReadyAsync(number, RecordId.None, 1, TestContext.Current.CancellationToken))[0];
        if (startFirst)
        {
            var start = new RecordStartCommand { Item = item, At = TimeProvider.System.GetUtcNow() };
            await store.CommitAsync([start], TestContext.Current.CancellationToken);
            Assert.True(start.Applied);
        }
    }

    private static Task<EngineHost> StartAsync(TemporaryFolder folder, EventHandlerDelegate handler) => EngineHost.StartAsync(
        folder,
        ScriptedSender.Always(AttemptResult.Success(200)),
        billing => billing.On("invoice.paid", handler, definition => definition with
        {
            Timeout = TimeSpan.FromMinutes(5),
            Retry = new RetryPolicy { Base = TimeSpan.FromMilliseconds(5), Cap = TimeSpan.FromMilliseconds(10) },
        }),
        carrick => carrick.UseSqliteHandlerDatabase($"Data Source={folder.Path}/shop.db"));
}
