using System.Text;
using Carrick.Delivery;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Operations;
using Carrick.Retry;
using Carrick.Storage;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Carrick.Tests.Engine;

/// <summary>Handlers with their own database, and in the engine's: both give exactly one effect.</summary>
public sealed class HandlerTests
{
    private static async Task<IngestResult> IngestKeyedAsync(EngineHost host, string messageId, string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var digest = System.Security.Cryptography.SHA256.HashData(bytes);
        var incoming = new IncomingEvent
        {
            Integration = "billing",
            Type = "invoice.paid",
            MessageId = messageId,
            Body = bytes,
            Key = new DeduplicationKey(DeduplicationKey.Join(messageId, digest), DeduplicationKey.Short(digest), IsShared: true, messageId, DeduplicationKey.Short(digest)),
        };
        return (await host.Ingress.IngestAsync([incoming], TestContext.Current.CancellationToken))[0];
    }

    private static readonly Operator Person = new("key_test");
    private static readonly RetryPolicy Quick = new() { Attempts = 3, Base = TimeSpan.FromMilliseconds(20), Cap = TimeSpan.FromMilliseconds(40) };

    public static TheoryData<bool> Databases => [false, true];

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Handler_ManyEvents_BooksEachOnceAndCompletes(bool engineDatabase)
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, engineDatabase, billing => billing.On("invoice.paid", BookAsync));
        var ids = Enumerable.Range(0, 300).Select(i => $"m{i}").ToArray();
        await Task.WhenAll(ids.Concat(ids.Take(30)).Select(id => host.IngestAsync(id)));
        await host.WhenCountAsync(DeliveryState.Succeeded, 300);
        Assert.Equal(ids.Order(), Bookings(folder, engineDatabase).Order());
        await host.AssertDepthsAsync();
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Handler_ThrowsAfterWriting_LeavesNothingAndSucceedsOnRetry(bool engineDatabase)
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, engineDatabase, billing => billing.On(
            "invoice.paid",
            async (context, cancellationToken) =>
            {
                await BookAsync(context, cancellationToken);
                context.Publish("order.paid", "{}"u8.ToArray(), "application/json");
                if (context.Attempt < 3)
                {
                    throw new InvalidOperationException("Not yet.");
                }
            },
            handler => handler with { Retry = Quick }));
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        Assert.Equal(["m1"], Bookings(folder, engineDatabase));
        var attempts = await host.Store.Queries.ListAttemptsAsync((await host.DeliveriesAsync())[0].Id, TestContext.Current.CancellationToken);
        Assert.Equal([1, 2, 3], attempts.Select(attempt => attempt.Number));
        Assert.Contains("Not yet.", attempts[0].Error, StringComparison.Ordinal);
        await host.WhenAsync(async () => (await EventsAsync(host, "order.paid")).Count == 1, "the published event");
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Handler_OneOfABatchFails_OthersAreBooked(bool engineDatabase)
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, engineDatabase, billing => billing.On(
            "invoice.paid",
            async (context, cancellationToken) =>
            {
                await BookAsync(context, cancellationToken);
                if (context.Event.MessageId == "bad")
                {
                    throw new PermanentFailureException("No.");
                }
            }));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => host.IngestAsync(i == 25 ? "bad" : $"m{i}")));
        await host.WhenCountAsync(DeliveryState.Succeeded, 49);
        await host.WhenCountAsync(DeliveryState.Dead, 1);
        Assert.Equal(49, Bookings(folder, engineDatabase).Count);
        Assert.DoesNotContain("bad", Bookings(folder, engineDatabase));
    }

    [Fact]
    public async Task Ingest_MessageIdWithTheSeparatorOfKeys_IsRefused()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, engineDatabase: false, billing => billing.On("invoice.paid", BookAsync));

        var exception = await Assert.ThrowsAsync<ArgumentException>(() => host.IngestAsync("m1\u001fdigest"));

        Assert.Contains("must not hold the character U+001F", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Handler_TwoBodiesUnderOneUnsignedId_BooksBothOnce(bool engineDatabase)
    {
        using var folder = new TemporaryFolder();
        RecordId id;
        await using (var host = await StartAsync(folder, engineDatabase, billing => billing.On("invoice.paid", BookAsync)))
        {
            id = (await IngestKeyedAsync(host, "m1", "one")).Id;
            await IngestKeyedAsync(host, "m1", "two");
            Assert.True((await IngestKeyedAsync(host, "m1", "two")).Duplicate);
            await host.WhenCountAsync(DeliveryState.Succeeded, 2);
            await host.Operations.ReplayEventAsync(id, null, force: false, Person, TestContext.Current.CancellationToken);
            await host.WhenCountAsync(DeliveryState.Succeeded, 3);
            Assert.Equal(["m1", "m1"], Bookings(folder, engineDatabase));
        }

        await using var restarted = await StartAsync(folder, engineDatabase, billing => billing.On("invoice.paid", BookAsync));
        await restarted.Operations.ReplayEventAsync(id, null, force: false, Person, TestContext.Current.CancellationToken);
        await restarted.WhenCountAsync(DeliveryState.Succeeded, 4);
        Assert.Equal(["m1", "m1"], Bookings(folder, engineDatabase));
        await restarted.Operations.ReplayEventAsync(id, null, force: true, Person, TestContext.Current.CancellationToken);
        await restarted.WhenCountAsync(DeliveryState.Succeeded, 5);
        Assert.Equal(["m1", "m1", "m1"], Bookings(folder, engineDatabase));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Handler_EventReplayed_BooksAgainOnlyWhenForced(bool engineDatabase)
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, engineDatabase, billing => billing.On("invoice.paid", BookAsync));
        var id = (await host.IngestAsync("m1")).Id;
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        Assert.Single((await host.Operations.ReplayEventAsync(id, null, force: false, Person, TestContext.Current.CancellationToken))!);
        await host.WhenCountAsync(DeliveryState.Succeeded, 2);
        Assert.Single(Bookings(folder, engineDatabase));
        Assert.Single((await host.Operations.ReplayEventAsync(id, null, force: true, Person, TestContext.Current.CancellationToken))!);
        await host.WhenCountAsync(DeliveryState.Succeeded, 3);
        Assert.Equal(["m1", "m1"], Bookings(folder, engineDatabase));
    }

    [Theory]
    [MemberData(nameof(Databases))]
    public async Task Handler_LateEvent_IsSkipped(bool engineDatabase)
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(
            folder, engineDatabase, billing => billing.On("invoice.paid", BookAsync, handler => handler with { SkipLate = true }));
        await host.IngestAsync("new", subject: "cus_1", version: 2);
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        await host.IngestAsync("old", subject: "cus_1", version: 1);
        await host.IngestAsync("other", subject: "cus_2", version: 1);
        await host.WhenCountAsync(DeliveryState.Skipped, 1);
        await host.WhenCountAsync(DeliveryState.Succeeded, 2);
        Assert.Equal(["new", "other"], Bookings(folder, engineDatabase).Order());
    }

    [Fact]
    public async Task Handler_TypedBodyThatIsNotWhatItExpects_IsDeadAtOnce()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, false, billing => billing.On<Invoice>("invoice.paid", (_, _, _) => Task.CompletedTask));
        await host.IngestAsync("bad", body: "[1,2");
        await host.IngestAsync("good", body: "{\"number\":\"A1\"}");
        await host.WhenCountAsync(DeliveryState.Dead, 1);
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
    }

    [Fact]
    public async Task Handler_TypedPackedBody_IsUnpackedAndWhatCannotBeIsDeadAtOnce()
    {
        using var folder = new TemporaryFolder();
        List<string> numbers = [];
        await using var host = await StartAsync(folder, false, billing => billing.On<Invoice>("invoice.paid", (invoice, _, _) =>
        {
            numbers.Add(invoice.Number);
            return Task.CompletedTask;
        }));
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write("{\"number\":\"A1\"}"u8);
        }

        foreach (var encoding in new[] { "gzip", "zstd" })
        {
            var incoming = new IncomingEvent
            {
                Integration = "billing",
                Type = "invoice.paid",
                MessageId = encoding,
                Headers = [new("content-encoding", encoding)],
                Body = packed.ToArray(),
            };
            await host.Ingress.IngestAsync([incoming], TestContext.Current.CancellationToken);
        }

        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        await host.WhenCountAsync(DeliveryState.Dead, 1);
        Assert.Equal(["A1"], numbers);
        var dead = Assert.Single(await host.DeliveriesAsync(DeliveryState.Dead));
        var attempt = Assert.Single(await host.Store.Queries.ListAttemptsAsync(dead.Id, TestContext.Current.CancellationToken));
        Assert.Contains("content encoding is not one of gzip, br and deflate", attempt.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handler_TakesTooLong_IsTriedAgain()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, false, billing => billing.On(
            "invoice.paid",
            async (context, cancellationToken) =>
            {
                if (context.Attempt == 1)
                {
                    await Task.Delay(Timeout.Infinite, cancellationToken);
                }
            },
            handler => handler with { Retry = Quick, Timeout = TimeSpan.FromMilliseconds(100) }));
        await host.IngestAsync("m1");
        await host.WhenCountAsync(DeliveryState.Succeeded, 1);
        var attempts = await host.Store.Queries.ListAttemptsAsync((await host.DeliveriesAsync())[0].Id, TestContext.Current.CancellationToken);
        Assert.Equal(FailureCategory.Transient, attempts[0].Category);
        Assert.Contains("Timed out", attempts[0].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handler_StoppedWhileRunning_CountsNoAttemptAndRunsAfterRestart()
    {
        using var folder = new TemporaryFolder();
        var started = new TaskCompletionSource();
        await using (var host = await StartAsync(folder, false, billing => billing.On(
            "invoice.paid",
            async (context, cancellationToken) =>
            {
                await BookAsync(context, cancellationToken);
                started.TrySetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            },
            handler => handler with { Timeout = TimeSpan.FromMinutes(5) })))
        {
            await host.IngestAsync("m1");
            await started.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        }

        Assert.Empty(Bookings(folder, false));
        await using var again = await StartAsync(folder, false, billing => billing.On("invoice.paid", BookAsync));
        await again.WhenCountAsync(DeliveryState.Succeeded, 1);
        Assert.Equal(1, (await again.DeliveriesAsync())[0].Attempts);
        Assert.Equal(["m1"], Bookings(folder, false));
    }

    [Fact]
    public async Task Publish_ReachesConsumersOfItsTypeOnceAndOutboxIsEmptied()
    {
        using var folder = new TemporaryFolder();
        var sender = ScriptedSender.Always(AttemptResult.Success(200));
        await using var host = await EngineHost.StartAsync(
            folder,
            sender,
            billing => billing
                .On("invoice.paid", (context, _) =>
                {
                    context.Publish("order.paid", Encoding.UTF8.GetBytes($"{{\"invoice\":\"{context.Event.MessageId}\"}}"), "application/json", "o1");
                    return Task.CompletedTask;
                })
                .DeliverTo("orders", new Uri("http://127.0.0.1:9/"), endpoint => endpoint with { Types = new TypeFilter(["order.*"]) }),
            carrick => carrick.UseSqliteHandlerDatabase($"Data Source={folder.Path}/shop.db"));
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => host.IngestAsync($"m{i}")));
        await host.WhenCountAsync(DeliveryState.Succeeded, 80);
        Assert.Equal(40, sender.Sent.Select(sent => sent.Record.MessageId).Distinct().Count());
        Assert.All(sender.Sent, sent => Assert.Equal("o1", sent.Record.Subject));
        await host.WhenAsync(() => Task.FromResult(Count(folder, "shop.db", "carrick_outbox") == 0), "the outbox to be emptied");
    }

    [Fact]
    public async Task Handler_EndsTheTransactionItself_IsToldSo()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder, false, billing => billing.On(
            "invoice.paid",
            async (context, cancellationToken) =>
            {
                await BookAsync(context, cancellationToken);
                await context.Transaction.CommitAsync(cancellationToken);
            },
            handler => handler with { Retry = Quick }));
        await host.IngestAsync("m1");
        await host.WhenAsync(
            async () =>
            {
                var all = await host.DeliveriesAsync();
                return all.Count == 1 && all[0].State is DeliveryState.Dead or DeliveryState.Succeeded;
            },
            "the delivery to end");
        Assert.Single(Bookings(folder, false));
    }

    private static async Task BookAsync(EventContext context, CancellationToken cancellationToken)
    {
        await context.Transaction.ExecuteAsync($"CREATE TABLE IF NOT EXISTS bookings (n INTEGER PRIMARY KEY, message TEXT NOT NULL)", cancellationToken);
        await context.Transaction.ExecuteAsync($"INSERT INTO bookings (message) VALUES ({context.Event.MessageId})", cancellationToken);
    }

    private static Task<EngineHost> StartAsync(TemporaryFolder folder, bool engineDatabase, Action<IntegrationBuilder> configure) => EngineHost.StartAsync(
        folder,
        ScriptedSender.Always(AttemptResult.Success(200)),
        configure,
        carrick =>
        {
            if (engineDatabase)
            {
                carrick.UseEngineDatabaseForHandlers();
            }
            else
            {
                carrick.UseSqliteHandlerDatabase($"Data Source={folder.Path}/shop.db");
            }
        });

    private static async Task<IReadOnlyList<EventSummary>> EventsAsync(EngineHost host, string type) =>
        await host.Store.Queries.ListEventsAsync(new EventFilter(Type: type), null, 100, TestContext.Current.CancellationToken);

    private static List<string> Bookings(TemporaryFolder folder, bool engineDatabase)
    {
        using var connection = Open(folder, engineDatabase ? "carrick.db" : "shop.db");
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM sqlite_master WHERE name = 'bookings'";
        if ((long)command.ExecuteScalar()! == 0)
        {
            return [];
        }

        command.CommandText = "SELECT message FROM bookings ORDER BY n";
        using var reader = command.ExecuteReader();
        List<string> messages = [];
        while (reader.Read())
        {
            messages.Add(reader.GetString(0));
        }

        return messages;
    }

    private static long Count(TemporaryFolder folder, string file, string table)
    {
        using var connection = Open(folder, file);
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM {table}";
        return (long)command.ExecuteScalar()!;
    }

    private static SqliteConnection Open(TemporaryFolder folder, string file)
    {
        var connection = new SqliteConnection($"Data Source={folder.Path}/{file};Pooling=false");
        connection.Open();
        return connection;
    }

    private sealed record Invoice(string Number);
}
