using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Carrick.Commit;
using Carrick.Hosting;
using Carrick.Postgres;
using Carrick.Postgres.Raw;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.TestServices.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Carrick.Tests.Stores;

/// <summary>A commit queue on PostgreSQL under load, which may reach its server through something that fails.</summary>
internal sealed class CommitLoad : IAsyncDisposable
{
    private const int Senders = 4;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ConcurrentDictionary<RecordId, byte> _handedOff = new();
    private readonly ConcurrentDictionary<string, RecordId> _acked = new();
    private readonly ConcurrentBag<CompleteCommand> _completions = [];
    private readonly PostgresServer _server;
    private readonly PostgresStore _store;
    private readonly CommitQueue _queue;
    private StoreCatalog _catalog = null!;
    private int _messages;

    private CommitLoad(PostgresServer server, int port)
    {
        _server = server;
        var connection = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Port = port }.ConnectionString;
        _store = new PostgresStore(new PostgresDatabase(connection, new SchemaName("carrick")), TimeProvider.System, NullLogger.Instance);
        var metrics = new CommitMetrics(_services.GetRequiredService<IMeterFactory>(), TimeProvider.System);
        _queue = new CommitQueue(_store, new CommitThread(), Options.Create(new CarrickOptions()), metrics, NullLogger<CommitQueue>.Instance) { Committed = HandOff };
    }

    /// <summary>How many messages were accepted.</summary>
    public int Accepted => _acked.Count;

    /// <summary>Why the queue cannot write, or <see langword="null"/>.</summary>
    public string? Problem => _queue.Problem;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="server">Where what is stored is looked at in the end.</param>
    /// <param name="port">Where the queue finds it.</param>
    public static async Task<CommitLoad> StartAsync(PostgresServer server, int port)
    {
        var load = new CommitLoad(server, port);
        await load._store.MigrateAsync(Token);
        var ownership = await load._store.OpenAsync(Token);
        load._catalog = await load._store.RegisterAsync(["billing"], ["billing/orders"], Token);
        load._queue.Start(new RecordIdGenerator(TimeProvider.System, ownership.IdLow, ownership.LastIdKey));
        return load;
    }

    public async ValueTask DisposeAsync()
    {
        // A test that has failed may leave it in an outage that does not end.
        _queue.HoldNothing();
        await _queue.StopAsync();
        _queue.Dispose();
        await _store.DisposeAsync();
        await _services.DisposeAsync();
    }

    /// <summary>Senders that repeat each message until it is accepted, and then complete its delivery.</summary>
    public Task SendAsync(Func<bool> more) => Task.WhenAll(Enumerable.Range(0, Senders).Select(_ => Task.Run(async () =>
    {
        while (more())
        {
            var message = $"m{Interlocked.Increment(ref _messages)}";
            while (true)
            {
                var item = New(message);
                try
                {
                    await _queue.SubmitAsync(new IngestCommand { Events = [item] }, Token);
                }
                catch (EngineFullException)
                {
                    await Task.Delay(20, Token);
                    continue;
                }

                Assert.True(_acked.TryAdd(message, item.Result.Id));
                if (!item.Result.Duplicate)
                {
                    var complete = new CompleteCommand
                    {
                        Item = new WorkItem { Id = item.Work[0].Id, Consumer = item.Work[0].Consumer, EventId = item.Id },
                        At = TimeProvider.System.GetUtcNow(),
                        Outcome = DeliveryOutcome.Succeeded,
                    };
                    _completions.Add(complete);
                    _queue.EnqueueAll([complete]);
                    await complete.Done.WaitAsync(TimeSpan.FromMinutes(3), Token);
                }

                break;
            }
        }
    })));

    /// <summary>What was answered is there once, and was handed over once.</summary>
    public async Task CheckAsync()
    {
        await using var connection = new NpgsqlConnection(_server.ConnectionString);
        await connection.OpenAsync(Token);
        var stored = await ReadAsync(connection, "SELECT message_id FROM carrick.events");
        Assert.Equal(stored.Order(), stored.Distinct().Order());
        Assert.Equal(_acked.Keys.Order(), stored.Order());
        Assert.All(_completions, complete => Assert.True(complete.Applied));
        var deliveries = await ReadAsync(connection, "SELECT delivery::text FROM carrick.outcomes UNION ALL SELECT id::text FROM carrick.work");
        // Each delivery was handed to the dispatcher, also those whose commit was in doubt, and none that was not committed.
        Assert.Equal(deliveries.Order(), _handedOff.Keys.Select(id => id.Key.ToString(CultureInfo.InvariantCulture)).Order());
    }

    private static async Task<List<string>> ReadAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(Token);
        var values = new List<string>();
        while (await reader.ReadAsync(Token))
        {
            values.Add(reader.GetString(0));
        }

        return values;
    }

    private void HandOff(IReadOnlyList<StoreCommand> commands)
    {
        foreach (var item in commands.OfType<IngestCommand>().SelectMany(command => command.Events).Where(item => !item.Result.Duplicate))
        {
            Assert.True(_handedOff.TryAdd(item.Work[0].Id, 0));
        }
    }

    private NewEvent New(string message) => new()
    {
        Content = new IncomingEvent { Integration = "billing", Type = "invoice.paid", MessageId = message, Body = "{}"u8.ToArray() },
        Integration = _catalog.Integrations["billing"],
        BodyHash = 1,
        ReceivedAt = TimeProvider.System.GetUtcNow(),
        Work = [new NewWork { Consumer = _catalog.Consumers["billing/orders"].Number }],
    };
}
