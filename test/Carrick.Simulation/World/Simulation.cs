using Carrick.Simulation.Checks;
using Carrick.Simulation.Faults;
using Carrick.Simulation.Memory;
using Carrick.Simulation.Scheduling;
using Carrick.Testing.History;

namespace Carrick.Simulation.World;

/// <summary>One simulation: a world made of a seed, in which the engine lives, dies and starts again until all work is done, and the judgement of what happened.</summary>
internal sealed class Simulation
{
    private static readonly TimeSpan DrainLimit = TimeSpan.FromHours(2);
    private static readonly TimeSpan RestFor = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ShortPoll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(5);
    private const long MostSteps = 400_000;

    private readonly HandlerTables _ownHandlers = new();
    private readonly HandlerTables _engineHandlers = new();
    private bool _isOver;

    public Simulation(ulong seed, Sabotage sabotage)
    {
        Seed = seed;
        Chance = new Chance(seed);
        Scheduler = new Scheduler(Chance.Fork());
        Trace = new Trace(Scheduler);
        Wall = new WallClock(Scheduler);
        Scenario = sabotage.Adapt(Scenario.Draw(Chance.Fork()));
        Sabotage = sabotage;
        Findings = new Findings(this);
        Pauses = new PauseCheck(this);
        Late = new LateCheck(this);
        Nemesis = new Nemesis(this);
    }

    public ulong Seed { get; }

    public Chance Chance { get; }

    public Scheduler Scheduler { get; }

    public Trace Trace { get; }

    public WallClock Wall { get; }

    public Scenario Scenario { get; }

    public Sabotage Sabotage { get; }

    public Findings Findings { get; }

    public PauseCheck Pauses { get; }

    public LateCheck Late { get; }

    public Nemesis Nemesis { get; }

    /// <summary>What senders, handlers and receivers saw, in the lines of the history checker.</summary>
    public List<HistoryRecord> History { get; } = [];

    /// <summary>The engine's database; it outlives every life.</summary>
    public MemoryTables Store { get; } = new();

    /// <summary>No faults any more.</summary>
    public bool IsCalm { get; private set; }

    public bool IsDiskFull { get; set; }

    public bool IsReadOnly { get; set; }

    /// <summary>Runs it; to be waited for outside of the thread pool.</summary>
    public async Task<SimulationResult> RunAsync()
    {
        var script = Task.CompletedTask;
        Scheduler.After(TimeSpan.Zero, () => script = LiveAsync());
        await Scheduler.RunAsync(() => _isOver || script.IsFaulted || Scheduler.Steps >= MostSteps).ConfigureAwait(false);
        if (script.IsFaulted)
        {
            await script.ConfigureAwait(false);
        }

        if (!_isOver)
        {
            Findings.Add("HANG", "simulation", $"Not over after {Scheduler.Steps} steps.");
        }

        return Judge();
    }

    public HandlerTables HandlersOf(bool engine) => engine ? _engineHandlers : _ownHandlers;

    public int NumberOf(string consumer) => Store.FindConsumer(consumer) ?? 0;

    public string ConsumerName(int number) => Store.Consumer(number).Name;

    public string? MessageIdOf(RecordId eventId) =>
        (Store.Events.GetValueOrDefault(eventId.Key) ?? Store.Archive.OfType<EventRow>().FirstOrDefault(row => row.Id == eventId.Key))?.Record.MessageId;

    public string DescribeDelivery(long key)
    {
        var row = Store.Work.GetValueOrDefault(key) ?? Store.Outcomes.GetValueOrDefault(key)?.Work ?? Store.DeadLetters.GetValueOrDefault(key)?.Work;
        return row is null ? "a delivery that is gone" : $"{ConsumerName(row.Consumer)} {MessageIdOf(Store.Ids.Make(row.Event))}";
    }

    /// <summary>Looks again and again until it holds.</summary>
    /// <returns>Whether it did within the time.</returns>
    public async Task<bool> UntilAsync(Func<bool> condition, TimeSpan limit)
    {
        var until = Scheduler.Elapsed + limit;
        while (!condition())
        {
            if (Scheduler.Elapsed > until)
            {
                return false;
            }

            await Scheduler.PauseAsync(limit > RestFor ? LongPoll : ShortPoll);
        }

        return true;
    }

    private async Task LiveAsync()
    {
        History.AddRange(Scenario.Consumers.Select(Declare));
        Nemesis.Start();
        var senders = Enumerable.Range(0, Scenario.Senders).Select(number => new Sender(this, number).RunAsync());
        await Task.WhenAll([.. senders, new Operators(this).RunAsync(), Nemesis.ActAsync()]);
        Calm();
        if (await UntilAsync(() => Nemesis.Current is { IsUp: true }, RestFor))
        {
            await RestAsync();
            await DrainAsync();
            await Nemesis.StopForGoodAsync();
        }
        else
        {
            Findings.Add("HANG", "engine", "It does not start, although nothing fails any more.");
        }

        _isOver = true;
    }

    private void Calm()
    {
        IsCalm = true;
        (IsDiskFull, IsReadOnly) = (false, false);
        Trace.Add("world", "no more faults", isTurn: true);
    }

    /// <summary>I9 while there is work: nothing runs, because every consumer is disabled.</summary>
    private async Task RestAsync()
    {
        await new Operators(this).SetAllAsync(enabled: false);
        await Scheduler.PauseAsync(RestFor);
        CheckDepths();
        await new Operators(this).SetAllAsync(enabled: true);
    }

    private async Task DrainAsync()
    {
        var isDone = await UntilAsync(
            () => Store.Work.Count == 0 && _ownHandlers.Outbox.Count == 0 && _engineHandlers.Outbox.Count == 0 && Store.Replays.Values.All(job => job.State != Storage.ReplayState.Running),
            DrainLimit);
        if (!isDone)
        {
            Findings.Add("I4", "store", $"Not drained: {Store.Work.Count} deliveries, {_ownHandlers.Outbox.Count + _engineHandlers.Outbox.Count} messages in an outbox. {Nemesis.Current?.Engine.Problem}");
        }

        await Scheduler.PauseAsync(TimeSpan.FromSeconds(5));
        CheckDepths();
        History.Add(new Drained(Wall.Now));
    }

    private void CheckDepths()
    {
        if (Nemesis.Current is not { IsUp: true } life)
        {
            Findings.Add("HANG", "engine", "It is not up, although nothing fails any more.");
            return;
        }

        var counts = new MemoryStoreCounts(Store);
        foreach (var consumer in life.Operations.ListConsumers())
        {
            var stored = counts.Of(consumer.State.Number);
            if (consumer.Depth != stored)
            {
                Findings.Add("I9", consumer.Definition.Name, $"Reports {consumer.Depth}; the store has {stored}.");
            }
        }
    }

    private HistoryRecord Declare(ConsumerPlan plan) => new DeclaredConsumer(
        plan.Name, plan.Integration, plan.IsEndpoint ? ConsumerType.Endpoint : ConsumerType.Handler,
        Ordered: plan.SkipLate ? !plan.IsEndpoint : plan.Ordered)
    {
        // A blocked head is tried again at the cap for ever, which the checker has no rule for.
        Retry = plan is { Ordered: true, Failure: Integrations.OrderingFailure.Block }
            ? null
            : new RetryRule(plan.Retry.Attempts, plan.Retry.Base, plan.Retry.Factor, plan.Retry.Cap, plan.Retry.Jitter),
    };

    private SimulationResult Judge()
    {
        Verdict.Pass(this);
        return new SimulationResult(Seed, Trace, Findings.All, Scheduler.Steps, Scheduler.Elapsed, Nemesis.Lives);
    }
}

/// <summary>What came of a seed.</summary>
internal sealed record SimulationResult(ulong Seed, Trace Trace, IReadOnlyList<Finding> Findings, long Steps, TimeSpan Elapsed, int Lives);
