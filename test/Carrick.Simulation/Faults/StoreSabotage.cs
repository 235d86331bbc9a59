using Carrick.Simulation.Memory;
using Carrick.Simulation.World;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Simulation.Faults;

/// <summary>The store answers for events before it keeps them: at the commit after.</summary>
internal sealed class AnswerEarly : Sabotage
{
    public override IStore Plant(IStore store, MemoryTables tables) => new Planted(store, tables);

    public override Scenario Adapt(Scenario scenario) => scenario with { Crashes = Math.Max(1, scenario.Crashes) };

    private sealed class Planted(IStore inner, MemoryTables tables) : PassingStore(inner)
    {
        private readonly List<IngestCommand> _early = [];

        public override async ValueTask CommitAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken)
        {
            await base.CommitAsync([.. _early, .. commands.Where(command => command is not IngestCommand)], cancellationToken);
            _early.Clear();
            foreach (var command in commands.OfType<IngestCommand>())
            {
                foreach (var item in command.Events)
                {
                    var isKnown = tables.KeyIndex.TryGetValue((item.Integration, item.Content.KeyText), out var first);
                    item.Result = new IngestResult(isKnown ? tables.Ids.Make(first) : item.Id, isKnown, false);
                }

                _early.Add(command);
            }
        }

        public override async ValueTask MaintainAsync(bool idle, CancellationToken cancellationToken)
        {
            if (idle && _early.Count > 0)
            {
                await CommitAsync([], cancellationToken);
            }

            await base.MaintainAsync(idle, cancellationToken);
        }
    }
}

/// <summary>The store says of every completion that the work row was there.</summary>
internal sealed class DeleteAlways : Sabotage
{
    public override IStore Plant(IStore store, MemoryTables tables) => new Planted(store);

    // A completion finds its delivery gone only when somebody discards it meanwhile, and what is counted wrongly is counted anew by the next life.
    public override Scenario Adapt(Scenario scenario) => scenario with { OperatorActions = 60, Crashes = 0, CommitCrashes = 0, UnknownCommits = 0, Stops = 0, SlowStore = true };

    private sealed class Planted(IStore inner) : PassingStore(inner)
    {
        public override async ValueTask CommitAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken)
        {
            await base.CommitAsync(commands, cancellationToken);
            foreach (var command in commands.OfType<CompleteCommand>())
            {
                command.Applied = true;
            }
        }
    }
}

/// <summary>One in ten deliveries is not handed to its pump after the commit.</summary>
internal sealed class DropHandOff : Sabotage
{
    public override IStore Plant(IStore store, MemoryTables tables) => new Planted(store);

    private sealed class Planted(IStore inner) : PassingStore(inner)
    {
        private int _number;

        public override async ValueTask CommitAsync(IReadOnlyList<StoreCommand> commands, CancellationToken cancellationToken)
        {
            await base.CommitAsync(commands, cancellationToken);
            foreach (var item in commands.OfType<IngestCommand>().SelectMany(command => command.Events))
            {
                if (++_number % 10 == 0 && item.Work is List<NewWork> work)
                {
                    work.Clear();
                }
            }
        }
    }
}

/// <summary>A start does not know of the pauses that endpoints have asked for.</summary>
internal sealed class ForgetGate : Sabotage
{
    public override IStore Plant(IStore store, MemoryTables tables) => new Planted(store);

    public override Scenario Adapt(Scenario scenario) => scenario with { Stops = 3, EndpointFaults = 400, ClockJumps = 0, Freezes = 0 };

    private sealed class Planted(IStore inner) : PassingStore(inner)
    {
        public override async ValueTask<StoreCatalog> RegisterAsync(
            IReadOnlyCollection<string> integrations, IReadOnlyCollection<string> consumers, CancellationToken cancellationToken)
        {
            var catalog = await base.RegisterAsync(integrations, consumers, cancellationToken);
            return catalog with { Consumers = catalog.Consumers.ToDictionary(pair => pair.Key, pair => pair.Value with { GateUntil = null }) };
        }
    }
}

/// <summary>Due times come back from the store ten seconds early.</summary>
internal sealed class IgnoreDue : Sabotage
{
    public override IStore Plant(IStore store, MemoryTables tables) => new Planted(store);

    public override Scenario Adapt(Scenario scenario) => scenario with { Stops = 3, EndpointFaults = 400, ClockJumps = 0, Freezes = 0 };

    private sealed class Planted(IStore inner) : PassingStore(inner)
    {
        public override IWorkReader Work => new Reader(base.Work);
    }

    private sealed class Reader(IWorkReader inner) : PassingWorkReader(inner)
    {
        public override async ValueTask<IReadOnlyList<WorkItem>> ReadDelayedAsync(
            int consumer, DateTimeOffset afterDue, RecordId afterId, int limit, CancellationToken cancellationToken)
        {
            var items = await base.ReadDelayedAsync(consumer, afterDue, afterId, limit, cancellationToken);
            foreach (var item in items)
            {
                item.DueAt -= TimeSpan.FromSeconds(10);
            }

            return items;
        }
    }
}

/// <summary>The store says of every commit whose outcome was unknown what it was told to say.</summary>
internal sealed class LieOfTheOutcome(bool durable) : Sabotage
{
    public override IStore Plant(IStore store, MemoryTables tables) => new Planted(store, durable);

    public override Scenario Adapt(Scenario scenario) => scenario with { DoubtfulCommits = Math.Max(60, scenario.DoubtfulCommits) };

    private sealed class Planted(IStore inner, bool durable) : PassingStore(inner)
    {
        public override async ValueTask<bool> SettleAsync(CancellationToken cancellationToken)
        {
            await base.SettleAsync(cancellationToken);
            return durable;
        }
    }
}
