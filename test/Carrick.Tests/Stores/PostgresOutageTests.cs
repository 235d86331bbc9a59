using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Carrick.Commit;
using Carrick.Hosting;
using Carrick.Postgres;
using Carrick.Postgres.Raw;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.TestServices.Faults;
using Carrick.TestServices.Postgres;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Carrick.Tests.Stores;

/// <summary>The commit queue on PostgreSQL while connections are cut at COMMIT and the server crashes: what was answered is there once, and nobody has to help.</summary>
public sealed class PostgresOutageTests : IAsyncLifetime
{
    private const int Senders = 4;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ConcurrentDictionary<RecordId, byte> _handedOff = new();
    private readonly ConcurrentDictionary<string, RecordId> _acked = new();
    private readonly ConcurrentBag<CompleteCommand> _completions = [];
    private PostgresServer _server = null!;
    private CommitCutter _cutter = null!;
    private PostgresStore _store = null!;
    private CommitQueue _queue = null!;
    private StoreCatalog _catalog = null!;
    private int _messages;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartNewAsync(Token);
        _cutter = new CommitCutter(_server.Port);
        var connection = new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Port = _cutter.Port }.ConnectionString;
        _store = new PostgresStore(new PostgresDatabase(connection, new SchemaName("carrick")), TimeProvider.System, NullLogger.Instance);
        await _store.MigrateAsync(Token);
        var ownership = await _store.OpenAsync(Token);
        _catalog = await _store.RegisterAsync(["billing"], ["billing/orders"], Token);
        var metrics = new CommitMetrics(_services.GetRequiredService<IMeterFactory>(), TimeProvider.System);
        _queue = new CommitQueue(_store, new CommitThread(), Options.Create(new CarrickOptions()), metrics, NullLogger<CommitQueue>.Instance) { Committed = HandOff };
        _queue.Start(new RecordIdGenerator(TimeProvider.System, ownership.IdLow, ownership.LastIdKey));
    }

    public async ValueTask DisposeAsync()
    {
        await _queue.StopAsync();
        _queue.Dispose();
        await _store.DisposeAsync();
        await _cutter.DisposeAsync();
        await _server.DisposeAsync();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task Commit_CutBeforeOrAfterItReachesTheServer_IsAnsweredTruly()
    {
        const int cuts = 100;
        var random = new Random(7);
        _cutter.Next = () => random.Next(4) switch { 0 => CommitCut.BeforeServer, 1 => CommitCut.AfterServer, _ => CommitCut.None };

        await SendAsync(() => _cutter.Cuts < cuts);

        _cutter.Next = () => CommitCut.None;
        await CheckAsync();
    }

    [Fact]
    public async Task Server_StoppedAtOnceAndStartedAgain_LosesNothingThatWasAnswered()
    {
        var sending = true;
        var load = SendAsync(() => Volatile.Read(ref sending));
        for (var round = 1; round <= 2; round++)
        {
            var before = _acked.Count;
            await Receiving.Wait.Until(() => _acked.Count > before + 20);
            // Without a checkpoint: it recovers from its log.
            await _server.StopAsync(PostgresShutdown.Immediate);
            await Receiving.Wait.Until(() => _queue.Problem is not null);
            await _server.StartAsync(Token);
            // On a slow disk it takes its time to recover.
            await Receiving.Wait.Until(() => _queue.Problem is null, seconds: 90);
        }

        Volatile.Write(ref sending, false);
        await load;
        await CheckAsync();
    }

    /// <summary>Senders that repeat each message until it is accepted, and then complete its delivery.</summary>
    private Task SendAsync(Func<bool> more) => Task.WhenAll(Enumerable.Range(0, Senders).Select(_ => Task.Run(async () =>
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
                    await complete.Done.WaitAsync(TimeSpan.FromMinutes(1), Token);
                }

                break;
            }
        }
    })));

    private async Task CheckAsync()
    {
        await using var connection = new NpgsqlConnection(_server.ConnectionString);
        await connection.OpenAsync(Token);
        var stored = await ReadAsync(connection, "SELECT message_id FROM carrick.events");
        Assert.Equal(stored.Order(), stored.Distinct().Order());
        Assert.Equal(_acked.Keys.Order(), stored.Order());
        Assert.All(_completions, complete => Assert.True(complete.Applied));
        var deliveries = await ReadAsync(connection, "SELECT delivery::text FROM carrick.outcomes UNION ALL SELECT id::text FROM carrick.work");
        // Each delivery was handed to the dispatcher, also those whose commit was in doubt, and none that was not committed.
        Assert.Equal(deliveries.Order(), _handedOff.Keys.Select(id => id.Key.ToString(System.Globalization.CultureInfo.InvariantCulture)).Order());
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
