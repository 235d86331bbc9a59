using Carrick.Simulation.Memory;
using Carrick.Simulation.Scheduling;
using Carrick.Simulation.World;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Simulation.Faults;

/// <summary>The memory store as one life of the engine meets it: over a disk that takes time, fails, and dies with the process.</summary>
internal sealed class FaultyStore : IStore
{
    private readonly MemoryStore _inner;
    private readonly World.Simulation _simulation;
    private readonly Life _life;
    private readonly DoubtfulCommits _doubtful;
    private readonly RefusedCommands _refusals;

    public FaultyStore(MemoryStore inner, World.Simulation simulation, Life life)
    {
        _inner = inner;
        _simulation = simulation;
        _life = life;
        _doubtful = new DoubtfulCommits(inner, simulation, life);
        _refusals = new RefusedCommands(() => IsFault(Scenario.RefusedCommands));
        var reads = new FaultyReads(simulation, life);
        Work = new FaultyWorkReader(inner.Work, reads);
        Queries = new FaultyQueries(inner.Queries, reads);
    }

    public string Name => _inner.Name;

    public IWorkReader Work { get; }

    public IStoreQueries Queries { get; }

    public StoreStatistics Statistics => _inner.Statistics;

    private Chance Chance => _life.Chance;

    private Scenario Scenario => _simulation.Scenario;

    public ValueTask<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken) => _inner.MigrateAsync(cancellationToken);

    public async ValueTask<StoreOwnership> OpenAsync(CancellationToken cancellationToken)
    {
        await StartStepAsync("open");
        return await _inner.OpenAsync(cancellationToken);
    }

    public async ValueTask<StoreCatalog> RegisterAsync(
        IReadOnlyCollection<string> integrations, IReadOnlyCollection<string> consumers, CancellationToken cancellationToken)
    {
        await StartStepAsync("register");
        return await _inner.RegisterAsync(integrations, consumers, cancellationToken);
    }

    public async ValueTask CommitAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken)
    {
        await _life.StepAsync("store", "commits " + Describe(commands), Latency(200));
        _doubtful.RefuseUntilSettled();
        Fail(commands);
        if (IsFault(Scenario.CommitCrashes) && Chance.OneIn(2))
        {
            await _life.KillAsync("before a commit is durable");
        }

        await _doubtful.MayLoseConnectionAsync(commands, cancellationToken);
        var isUnknown = IsFault(Scenario.UnknownCommits);
        if (isUnknown && Chance.OneIn(2))
        {
            throw Unknown("lost");
        }

        await _inner.CommitAsync(commands, cancellationToken);
        if (isUnknown)
        {
            throw Unknown("durable");
        }

        if (IsFault(Scenario.CommitCrashes))
        {
            await _life.KillAsync("after a commit was durable, before anybody knew");
        }

        await _life.StepAsync("store", "has committed " + Describe(commands), Latency(200));
    }

    public ValueTask<bool> SettleAsync(CancellationToken cancellationToken) => _doubtful.SettleAsync(cancellationToken);

    public async ValueTask MaintainAsync(bool idle, CancellationToken cancellationToken)
    {
        if (IsFault(Scenario.StoreFaults))
        {
            await _life.StepAsync("store", "fails at maintenance", Latency(200));
            throw new StoreException("Busy.", StoreFailure.Transient);
        }

        await _inner.MaintainAsync(idle, cancellationToken);
    }

    public async ValueTask CloseAsync(CancellationToken cancellationToken)
    {
        await _life.StepAsync("store", "closes", Latency(200));
        if (IsFault(Scenario.StoreFaults))
        {
            throw new StoreException("The log could not be emptied.", StoreFailure.Transient);
        }

        await _inner.CloseAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    private async Task StartStepAsync(string what)
    {
        await _life.StepAsync("store", what, Latency(300));
        if (IsFault(Scenario.StoreFaults))
        {
            throw new StoreException($"Failed to {what}.", StoreFailure.Transient);
        }
    }

    private void Fail(IReadOnlyList<StoreCommand> commands)
    {
        if (_simulation.IsReadOnly)
        {
            _simulation.Trace.Add("store", $"{_life.Name}: is read-only");
            throw new StoreException("The store is read-only.", StoreFailure.Transient);
        }

        if (_refusals.Find(commands) is { } refused)
        {
            _simulation.Trace.Add("store", $"{_life.Name}: refuses {Describe([refused])}");
            throw new StoreException("A value is refused.", StoreFailure.Data);
        }

        if (_simulation.IsDiskFull && commands.Any(command => command is not (WorkCommand or RetentionCommand or DiscardCommand)))
        {
            _simulation.Trace.Add("store", $"{_life.Name}: is full");
            throw new StoreException("There is no space left.", StoreFailure.Full);
        }

        if (IsFault(Scenario.StoreFaults))
        {
            _simulation.Trace.Add("store", $"{_life.Name}: fails to commit");
            throw new StoreException("Busy.", Chance.OneIn(3) ? StoreFailure.Full : StoreFailure.Transient);
        }
    }

    private StoreException Unknown(string what)
    {
        _simulation.Trace.Add("store", $"{_life.Name}: fails for good; the commit is {what}", isTurn: true);
        return new StoreException("The outcome of the write is unknown.", StoreFailure.Fatal);
    }

    private bool IsFault(int share) => !_simulation.IsCalm && Chance.PerMille(share);

    private TimeSpan Latency(int microseconds) => Chance.Latency(Scenario.SlowStore ? 20 * microseconds : microseconds);

    private string Describe(IReadOnlyList<StoreCommand> commands) => string.Join(", ", commands.Select(command => command switch
    {
        IngestCommand ingest => "in:" + string.Join('+', ingest.Events.Select(item => item.Content.MessageId)),
        CompleteCommand complete => $"{(complete.Outcome == DeliveryOutcome.Succeeded ? "done" : "skip")}:{Describe(complete.Item)}",
        RetryCommand retry => $"retry:{Describe(retry.Item)}",
        DeadLetterCommand dead => $"dead:{Describe(dead.Item)}",
        RecordStartCommand start => $"start:{Describe(start.Item)}",
        RequeueCommand requeue => $"requeue:{_simulation.DescribeDelivery(requeue.Delivery.Key)}",
        DiscardCommand discard => $"discard:{_simulation.DescribeDelivery(discard.Delivery.Key)}",
        ReplayCommand replay => "replay:" + string.Join('+', replay.Replays.Select(item => $"{_simulation.ConsumerName(item.Consumer)} {_simulation.MessageIdOf(item.EventId)}")),
        SetConsumerStateCommand set => $"{(set.DisabledAt is null ? "enable" : "disable")}:{_simulation.ConsumerName(set.Consumer)}",
        _ => command.GetType().Name,
    }));

    private string Describe(WorkItem item) => $"{_simulation.ConsumerName(item.Consumer)} {item.Event?.MessageId ?? _simulation.MessageIdOf(item.EventId)}";
}
