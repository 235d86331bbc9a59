using System.Diagnostics;
using Carrick.Postgres;
using Carrick.Postgres.Raw;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.TestServices.Faults;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Carrick.Tests.Stores;

/// <summary>What operators do in bulk takes a few round trips under the lock that all nodes wait for, however many commands there are.</summary>
public sealed class PostgresOperatorTests : StoreTest<PostgresHarness>
{
    private const int Commands = 256;
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(15);

    public static TheoryData<string> Kinds => ["requeue", "discard", "discard dead", "replay"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Commit_Of256Commands_TakesNoRoundTripForEach(string kind)
    {
        NewEvent[] events = [.. Enumerable.Range(0, Commands).Select(i => NewEvent($"m{i}", consumers: Orders))];
        await CommitAsync(Ingest(events));
        WorkItem[] items = [.. events.SelectMany(ItemsOf)];
        await CommitAsync([.. items.Select(item => kind is "discard dead" or "replay" ? (StoreCommand)GiveUp(item) : Retry(item, Start.AddDays(1)))]);
        await Store.CloseAsync(Token);
        var server = new NpgsqlConnectionStringBuilder(Harness.ConnectionString);
        await using var network = new FaultProxy(server.Port);
        server.Port = network.Port;
        await using var store = new PostgresStore(new PostgresDatabase(server.ConnectionString, new SchemaName(Harness.Schema)), Time, NullLogger.Instance);
        await store.OpenAsync(Token);
        // So that the connection and its plans are there.
        await store.CommitAsync([new ProbeCommand()], Token);
        network.Plan = new FaultPlan { ToServer = new LaneFaults { Latency = Latency } };
        AuditEntry Audit(string action) => new(Start, "somebody", action, "a delivery", null);
        List<StoreCommand> commands =
        [
            .. items.Select(item => kind switch
            {
                "requeue" => (StoreCommand)new RequeueCommand { Delivery = item.Id, Audit = Audit(kind) },
                "replay" => new ReplayCommand { Replays = [new NewReplay { EventId = item.EventId, Consumer = item.Consumer, DeadLetter = item.Id }], Audit = Audit(kind) },
                _ => new DiscardCommand { Delivery = item.Id, At = Start, Audit = Audit(kind) },
            }),
        ];

        var watch = Stopwatch.StartNew();
        await store.CommitAsync(commands, Token);
        watch.Stop();

        // Twenty round trips are allowed; one for each command would take 3.8 s.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, 20 * 4 * Latency);
        network.Plan = FaultPlan.None;
        Assert.All(commands, command => Assert.True(command switch
        {
            RequeueCommand requeue => requeue.Was is { DueAt: not null },
            DiscardCommand discard => kind == "discard" ? discard.Was is not null : discard.DeadOf == Orders,
            _ => ((ReplayCommand)command).Created.Count == 1,
        }));
        Assert.Equal(Commands, (await store.Queries.ListAuditAsync(null, 1_000, Token)).Count);
    }
}
