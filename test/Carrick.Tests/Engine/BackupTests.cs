using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Storage;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Carrick.Tests.Engine;

/// <summary>Copies of a running engine's two files: the engine's first, the handlers' second.</summary>
public sealed class BackupTests
{
    [Fact]
    public async Task Restore_OfCopiesTakenUnderLoad_BooksEveryMessageOnceWhenSendersRepeat()
    {
        using var folder = new TemporaryFolder();
        using var restored = new TemporaryFolder();
        int messages;
        await using (var host = await StartAsync(folder))
        {
            var copies = new TaskCompletionSource();
            var sending = host.IngestUntilAsync(copies.Task);
            await WhenBookedAsync(host, folder, 100);
            Copy(folder, restored, "carrick.db");
            await WhenBookedAsync(host, folder, 100);
            Copy(folder, restored, "shop.db");
            copies.SetResult();
            messages = await sending;
        }

        var copied = Count(restored, "bookings");
        await using var again = await StartAsync(restored);
        await Task.WhenAll(Enumerable.Range(0, messages).Select(i => again.IngestAsync($"m{i}")));
        await again.WhenAsync(
            async () => (await again.Store.Work.CountAsync(TestContext.Current.CancellationToken)).Values.All(depth => depth is { Ready: 0, Delayed: 0 }),
            "everything to be delivered");

        Assert.InRange(copied, 200, messages);
        Assert.Equal((messages, messages), (Count(restored, "bookings"), Count(restored, "(SELECT DISTINCT message FROM bookings)")));
        Assert.Empty(await again.DeliveriesAsync(DeliveryState.Dead));
    }

    private static Task<EngineHost> StartAsync(TemporaryFolder folder)
    {
        Execute(folder, "shop.db", "CREATE TABLE IF NOT EXISTS bookings (message TEXT NOT NULL)", SqliteOpenMode.ReadWriteCreate);
        return EngineHost.StartAsync(
            folder,
            ScriptedSender.Always(AttemptResult.Success(200)),
            billing => billing.On("invoice.paid", (context, cancellationToken) =>
                context.Transaction.ExecuteAsync($"INSERT INTO bookings (message) VALUES ({context.Event.MessageId})", cancellationToken)),
            carrick => carrick.UseSqliteHandlerDatabase($"Data Source={folder.Path}/shop.db"));
    }

    private static Task WhenBookedAsync(EngineHost host, TemporaryFolder folder, int more)
    {
        var from = Count(folder, "bookings");
        return host.WhenAsync(() => Task.FromResult(Count(folder, "bookings") >= from + more), $"{more} bookings");
    }

    // What docs/guide/operations.md tells an operator to run.
    private static void Copy(TemporaryFolder from, TemporaryFolder to, string file) =>
        Execute(from, file, $"VACUUM INTO '{to.Path}/{file}'", SqliteOpenMode.ReadOnly);

    private static int Count(TemporaryFolder folder, string source) =>
        Convert.ToInt32(Execute(folder, "shop.db", $"SELECT count(*) FROM {source}", SqliteOpenMode.ReadOnly), null);

    private static object? Execute(TemporaryFolder folder, string file, string sql, SqliteOpenMode mode)
    {
        var text = new SqliteConnectionStringBuilder { DataSource = $"{folder.Path}/{file}", Mode = mode, Pooling = false };
        using var connection = new SqliteConnection(text.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
