using Carrick.Handlers;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Simulation.Scheduling;

namespace Carrick.Simulation.World;

/// <summary>What the seed decides once: how large the world is, how its consumers are set, and how bad the weather is. Shares are per mille.</summary>
internal sealed record Scenario
{
    public required int Senders { get; init; }

    public required int MessagesPerSender { get; init; }

    public required int OperatorActions { get; init; }

    public required int Crashes { get; init; }

    public required int Stops { get; init; }

    public required int Freezes { get; init; }

    public required int ClockJumps { get; init; }

    public required bool ClockGoesBack { get; init; }

    /// <summary>Commits, reads and openings of the store that fail.</summary>
    public required int StoreFaults { get; init; }

    /// <summary>Commits during which the process ends, before or after they are durable.</summary>
    public required int CommitCrashes { get; init; }

    /// <summary>Commits whose outcome the store does not know: it has failed for good.</summary>
    public required int UnknownCommits { get; init; }

    /// <summary>Commits during which the connection is lost; the store can tell later what became of them.</summary>
    public required int DoubtfulCommits { get; init; }

    public required int Outages { get; init; }

    /// <summary>Commands that the database refuses for their data, some of them more than once.</summary>
    public required int RefusedCommands { get; init; }

    /// <summary>Times in which the store is read-only: every commit fails, with whatever is in it.</summary>
    public required int ReadOnlyTimes { get; init; }

    public required int HandlerDatabaseFaults { get; init; }

    public required int HandlerFaults { get; init; }

    public required int EndpointFaults { get; init; }

    public required bool SlowStore { get; init; }

    public required TimeSpan ShutdownGrace { get; init; }

    public required int CommitBatch { get; init; }

    public required int ConsumerBuffer { get; init; }

    public required long BodyBuffer { get; init; }

    public required int WriteQueueCapacity { get; init; }

    public required IReadOnlyList<ConsumerPlan> Consumers { get; init; }

    public bool ClockJumpsAtAll => ClockJumps > 0;

    public static Scenario Draw(Chance chance)
    {
        var calm = chance.OneIn(6);
        int Share(int most) => calm || chance.OneIn(3) ? 0 : chance.Between(1, most);
        return new Scenario
        {
            Senders = chance.Between(1, 4),
            MessagesPerSender = chance.Between(4, 16),
            OperatorActions = chance.OneIn(3) ? 0 : chance.Between(1, 14),
            Crashes = Share(4),
            Stops = chance.OneIn(2) ? 0 : chance.Between(1, 3),
            Freezes = Share(1),
            ClockJumps = chance.OneIn(5) ? chance.Between(1, 3) : 0,
            ClockGoesBack = chance.OneIn(3),
            StoreFaults = Share(60),
            CommitCrashes = Share(15),
            UnknownCommits = chance.OneIn(4) ? Share(8) : 0,
            Outages = chance.OneIn(3) ? Share(2) : 0,
            HandlerDatabaseFaults = Share(60),
            HandlerFaults = Share(250),
            EndpointFaults = Share(450),
            SlowStore = chance.OneIn(5),
            ShutdownGrace = TimeSpan.FromSeconds(chance.Of([0, 1, 5, 20])),
            CommitBatch = chance.Of([1, 2, 16, 256]),
            ConsumerBuffer = chance.Of([16, 16, 64, 1_024]),
            BodyBuffer = chance.Of([0, 2_000, 32_000_000]),
            WriteQueueCapacity = chance.Of([16, 8_192]),
            Consumers = [.. ConsumerPlan.Draw(chance)],
            DoubtfulCommits = chance.OneIn(2) ? Share(60) : 0,
            RefusedCommands = chance.OneIn(2) ? Share(40) : 0,
            ReadOnlyTimes = chance.OneIn(3) ? Share(2) : 0,
        };
    }
}

/// <summary>One consumer of the simulation.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Integration">Its integration.</param>
/// <param name="IsEndpoint">An endpoint, or a handler.</param>
/// <param name="Ordered">In the order of commit per subject.</param>
/// <param name="SkipLate">Older versions are skipped.</param>
/// <param name="InEngineDatabase">For a handler: its effects stand in the engine's database.</param>
/// <param name="Concurrency">Deliveries at once.</param>
/// <param name="Retry">The retry policy.</param>
/// <param name="Rate">For an endpoint: starts per second, or 0.</param>
/// <param name="Failure">What a dead letter does to its subject.</param>
internal sealed record ConsumerPlan(
    string Name, string Integration, bool IsEndpoint, bool Ordered, bool SkipLate, bool InEngineDatabase, int Concurrency, RetryPolicy Retry, int Rate, OrderingFailure Failure)
{
    public const string Shop = "shop";
    public const string Crm = "crm";
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    public static IEnumerable<ConsumerPlan> Draw(Chance chance)
    {
        yield return Handler(chance, Shop, "ledger", ordered: !chance.OneIn(4), skipLate: false);
        yield return Handler(chance, Shop, "audit", ordered: false, skipLate: false);
        yield return Endpoint(chance, Shop, "erp", ordered: true, skipLate: false);
        yield return Endpoint(chance, Shop, "flaky", ordered: false, skipLate: false);
        if (chance.OneIn(2))
        {
            yield return Handler(chance, Crm, "profile", ordered: chance.OneIn(2), skipLate: true);
            yield return Endpoint(chance, Crm, "mirror", ordered: !chance.OneIn(3), skipLate: true);
        }
    }

    public ConsumerDefinition ToDefinition(EventHandlerDelegate handler, IHandlerDatabase? database) => IsEndpoint
        ? new EndpointDefinition
        {
            Name = Name,
            Integration = Integration,
            Url = new Uri($"http://receiver/{Name}"),
            Order = Ordered ? OrderingMode.Subject : OrderingMode.None,
            OnOrderedFailure = Failure,
            SkipLate = SkipLate,
            Concurrency = Concurrency,
            Retry = Retry,
            Timeout = Timeout,
            Rate = Rate == 0 ? null : new RateLimit(Rate, TimeSpan.FromSeconds(1)),
        }
        : new HandlerDefinition
        {
            Name = Name,
            Integration = Integration,
            Handler = handler,
            Database = database,
            Order = Ordered ? OrderingMode.Subject : OrderingMode.None,
            OnOrderedFailure = Failure,
            SkipLate = SkipLate,
            Concurrency = Concurrency,
            Retry = Retry,
            Timeout = Timeout,
        };

    private static ConsumerPlan Handler(Chance chance, string integration, string name, bool ordered, bool skipLate) => new(
        $"{integration}/{name}", integration, IsEndpoint: false, ordered, skipLate, chance.OneIn(3), chance.Of([1, 4, 512]), DrawRetry(chance), 0, DrawFailure(chance));

    private static ConsumerPlan Endpoint(Chance chance, string integration, string name, bool ordered, bool skipLate) => new(
        $"{integration}/{name}", integration, IsEndpoint: true, ordered, skipLate, InEngineDatabase: false, chance.Of([1, 3, 16]), DrawRetry(chance),
        chance.OneIn(4) ? chance.Of([2, 20]) : 0, DrawFailure(chance));

    private static RetryPolicy DrawRetry(Chance chance) => new()
    {
        Attempts = chance.Between(1, 6),
        Base = TimeSpan.FromMilliseconds(chance.Of([20, 1_000])),
        Factor = chance.Of([1, 2]),
        Cap = TimeSpan.FromSeconds(chance.Of([2, 30])),
        Jitter = chance.Of([0, 0.2]),
    };

    private static OrderingFailure DrawFailure(Chance chance) => chance.OneIn(4) ? OrderingFailure.Block : OrderingFailure.DeadLetterAndContinue;
}
