using System.Globalization;
using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Microsoft.Data.Sqlite;

namespace Carrick.Tests.Engine;

/// <summary>The handlers' database is full, locked, or was left by a killed process.</summary>
public sealed class HandlerDatabaseFailureTests
{
    private static readonly RetryPolicy Quick = new() { Attempts = 2, Base = TimeSpan.FromMilliseconds(20), Cap = TimeSpan.FromMilliseconds(100) };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Handler_DatabaseFull_UsesUpNoBudgetAndBooksOnceWhenThereIsRoom(bool wrapped)
    {
        using var folder = new TemporaryFolder();
        var full = true;
        await using var host = await StartAsync(folder, async (context, cancellationToken) =>
        {
            // One page more than there is: the connection is the handler's, so its limit is too.
            await context.Transaction.ExecuteAsync($"CREATE TABLE IF NOT EXISTS bookings (n INTEGER PRIMARY KEY, message TEXT, filler BLOB)", cancellationToken);
            await using var command = context.Connection.CreateCommand();
            command.Transaction = context.Transaction;
            command.CommandText = Volatile.Read(ref full) ? "PRAGMA max_page_count = 1" : "PRAGMA max_page_count = 1000000";
            await command.ExecuteScalarAsync(cancellationToken);
            try
            {
                await context.Transaction.ExecuteAsync($"INSERT INTO bookings (message, filler) VALUES ({context.Event.MessageId}, zeroblob(200000))", cancellationToken);
            }
            catch (SqliteException exception) when (wrapped)
            {
                // As an object mapper does.
                throw new InvalidOperationException("Saving failed.", exception);
            }
        });
        string[] ids = [.. Enumerable.Range(0, 20).Select(i => string.Create(CultureInfo.InvariantCulture, $"m{i}"))];
        foreach (var id in ids)
        {
            await host.IngestAsync(id);
        }

        // More attempts than the budget has.
        await host.WhenAsync(async () => await AttemptsAsync(host) >= 4, "attempts");
        Assert.Empty(await host.DeliveriesAsync(DeliveryState.Dead));
        Volatile.Write(ref full, false);
        await host.WhenCountAsync(DeliveryState.Succeeded, ids.Length);

        Assert.Equal(ids.Order(), Bookings(folder).Order());
        await host.AssertDepthsAsync();
    }

    [Fact]
    public async Task Handler_DatabaseLockedByAnotherProcess_WaitsAndBooksOnce()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, BookAsync);
        await host.IngestAsync("before");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        await using (var other = Open(folder))
        {
            await using var command = other.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            foreach (var i in Enumerable.Range(0, 10))
            {
                await host.IngestAsync($"m{i}");
            }

            // Receiving goes on meanwhile: its store is another file.
            var started = TimeProvider.System.GetTimestamp();
            var received = 0;
            await host.WhenAsync(
                async () =>
                {
                    await host.IngestAsync($"r{received++}", type: "other");
                    return TimeProvider.System.GetElapsedTime(started) >= TimeSpan.FromSeconds(3);
                },
                "three seconds");
            Assert.True(received > 10, $"{received} events in three seconds.");
            Assert.Single(await host.DeliveriesAsync(DeliveryState.Succeeded));
        }

        await host.WhenCountAsync(DeliveryState.Succeeded, 11);
        Assert.Equal(11, Bookings(folder).Distinct().Count());
        Assert.Equal(11, Bookings(folder).Count);
    }

    [Fact]
    public async Task Outbox_LeftByAKilledProcess_IsRelayedOnce()
    {
        using var folder = new TemporaryFolder();
        await using (var first = await StartAsync(folder, BookAsync))
        {
            await first.IngestAsync("relayed");
            await first.WhenCountAsync(DeliveryState.Succeeded, 1);
        }

        // Killed after the handler's commit and before the relay; and killed after the relay, before the row was deleted.
        await using (var database = Open(folder))
        {
            foreach (var id in new[] { "left-over", "relayed" })
            {
                await using var insert = database.CreateCommand();
                insert.CommandText = "INSERT INTO carrick_outbox (integration, message_id, type, content_type, body) VALUES ('billing', $id, 'invoice.paid', 'application/json', x'7b7d')";
                insert.Parameters.AddWithValue("$id", id);
                await insert.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            }
        }

        for (var start = 0; start < 2; start++)
        {
            await using var host = await StartAsync(folder, BookAsync);
            await host.WhenCountAsync(DeliveryState.Succeeded, 2);
            await host.WhenAsync(() => Task.FromResult(Outbox(folder) == 0), "an empty outbox");
            Assert.Equal(["left-over", "relayed"], Bookings(folder).Order());
        }
    }

    private static Task<EngineHost> StartAsync(TemporaryFolder folder, EventHandlerDelegate handler) => EngineHost.StartAsync(
        folder,
        ScriptedSender.Always(AttemptResult.Success()),
        billing => billing.On("invoice.paid", handler, definition => definition with { Retry = Quick }),
        carrick => carrick.UseSqliteHandlerDatabase($"Data Source={folder.Path}/shop.db"));

    private static async Task BookAsync(EventContext context, CancellationToken cancellationToken)
    {
        await context.Transaction.ExecuteAsync($"CREATE TABLE IF NOT EXISTS bookings (n INTEGER PRIMARY KEY, message TEXT)", cancellationToken);
        await context.Transaction.ExecuteAsync($"INSERT INTO bookings (message) VALUES ({context.Event.MessageId})", cancellationToken);
    }

    private static async Task<int> AttemptsAsync(EngineHost host)
    {
        var first = (await host.DeliveriesAsync()).MaxBy(view => view.Attempts)!;
        return (await host.Store.Queries.ListAttemptsAsync(first.Id, TestContext.Current.CancellationToken)).Count;
    }

    private static List<string> Bookings(TemporaryFolder folder)
    {
        using var connection = Open(folder);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT message FROM bookings";
        using var reader = command.ExecuteReader();
        List<string> messages = [];
        while (reader.Read())
        {
            messages.Add(reader.GetString(0));
        }

        return messages;
    }

    private static long Outbox(TemporaryFolder folder)
    {
        using var connection = Open(folder);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM carrick_outbox";
        return (long)command.ExecuteScalar()!;
    }

    private static SqliteConnection Open(TemporaryFolder folder)
    {
        var connection = new SqliteConnection($"Data Source={folder.Path}/shop.db;Pooling=false");
        connection.Open();
        return connection;
    }
}
