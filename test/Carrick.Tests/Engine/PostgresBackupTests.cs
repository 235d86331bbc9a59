using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Storage;
using Carrick.TestServices.Postgres;
using Npgsql;

namespace Carrick.Tests.Engine;

/// <summary>A dump of a running engine's database, restored elsewhere: effects, ledger and outstanding work are of one moment.</summary>
public sealed class PostgresBackupTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Restore_OfADumpTakenUnderLoad_BooksEveryMessageOnceWhenSendersRepeat()
    {
        await using var server = await PostgresServer.StartNewAsync(Token);
        using var folder = new TemporaryFolder();
        var dump = Path.Combine(folder.Path, "carrick.dump");
        int messages;
        await using (var host = await StartAsync(server.ConnectionString))
        {
            var dumped = new TaskCompletionSource();
            var sending = host.IngestUntilAsync(dumped.Task);
            await WhenBookedAsync(host, server.ConnectionString, 100);
            await Task.Run(() => PostgresBackup.Dump(server, dump), Token);
            // What comes now is in no backup.
            await WhenBookedAsync(host, server.ConnectionString, 100);
            dumped.SetResult();
            messages = await sending;
        }

        var restored = await PostgresBackup.RestoreAsync(server, dump, "restored", Token);
        var kept = Count(restored, "bookings");
        var outstanding = Count(restored, "carrick.work");
        await using var again = await StartAsync(restored);
        await Task.WhenAll(Enumerable.Range(0, messages).Select(i => again.IngestAsync($"m{i}")));
        await again.WhenAsync(
            async () => (await again.Store.Work.CountAsync(Token)).Values.All(depth => depth is { Ready: 0, Delayed: 0 }), "everything to be delivered");

        Assert.InRange(kept, 100, messages - 100);
        Assert.InRange(outstanding, 0, messages - kept);
        Assert.Equal((messages, messages), (Count(restored, "bookings"), Count(restored, "(SELECT DISTINCT message FROM bookings) AS messages")));
        Assert.Empty(await again.DeliveriesAsync(DeliveryState.Dead));
    }

    private static Task<EngineHost> StartAsync(string connectionString)
    {
        Scalar(connectionString, "CREATE TABLE IF NOT EXISTS bookings (message text NOT NULL)");
        return EngineHost.StartAsync(
            carrick => carrick.UsePostgres(connectionString),
            ScriptedSender.Always(AttemptResult.Success(200)),
            billing => billing.On("invoice.paid", (context, cancellationToken) =>
                context.Transaction.ExecuteAsync($"INSERT INTO bookings (message) VALUES ({context.Event.MessageId})", cancellationToken)));
    }

    private static Task WhenBookedAsync(EngineHost host, string connectionString, int more)
    {
        var from = Count(connectionString, "bookings");
        return host.WhenAsync(() => Task.FromResult(Count(connectionString, "bookings") >= from + more), $"{more} bookings");
    }

    private static int Count(string connectionString, string source) => Convert.ToInt32(Scalar(connectionString, $"SELECT count(*) FROM {source}"), null);

    private static object? Scalar(string connectionString, string sql)
    {
        using var connection = new NpgsqlConnection(connectionString);
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }
}
