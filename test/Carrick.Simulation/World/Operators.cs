using Carrick.Operations;
using Carrick.Simulation.Scheduling;
using Carrick.Storage;
using Carrick.Testing.History;

namespace Carrick.Simulation.World;

/// <summary>People who retry, discard, replay, enable and disable while all else goes on.</summary>
internal sealed class Operators(Simulation simulation)
{
    private static readonly Operator Someone = new("simulated", "chance");
    private readonly Chance _chance = simulation.Chance.Fork();

    public async Task RunAsync()
    {
        for (var i = 0; i < simulation.Scenario.OperatorActions; i++)
        {
            await simulation.Scheduler.PauseAsync(TimeSpan.FromMilliseconds(_chance.Between(10, 3_000)));
            if (simulation.Nemesis.Current is { IsUp: true } life)
            {
                await TryAsync(life, () => ActAsync(life));
            }
        }
    }

    /// <summary>Enables or disables every consumer, in this life or the next.</summary>
    public async Task SetAllAsync(bool enabled)
    {
        foreach (var consumer in simulation.Scenario.Consumers)
        {
            var isDone = false;
            while (!isDone)
            {
                await simulation.UntilAsync(() => simulation.Nemesis.Current is { IsUp: true }, TimeSpan.FromMinutes(5));
                var life = simulation.Nemesis.Current!;
                isDone = await TryAsync(life, async () => await life.Operations.SetConsumerEnabledAsync(consumer.Name, enabled, Someone, CancellationToken.None));
                await simulation.Scheduler.PauseAsync(TimeSpan.FromMilliseconds(100));
            }
        }
    }

    private async Task<bool> TryAsync(Life life, Func<Task> action)
    {
        var acting = Task.Run(action);
        await Task.WhenAny(acting, life.Ended, simulation.Scheduler.PauseAsync(TimeSpan.FromMinutes(1)));
        if (!acting.IsCompleted)
        {
            return false;
        }

        try
        {
            await acting;
            return true;
        }
        catch (Exception exception) when (exception is EngineFullException or StoreException)
        {
            simulation.Trace.Add("operator", $"is refused: {exception.Message}");
            return false;
        }
    }

    private Task ActAsync(Life life) => _chance.Below(8) switch
    {
        0 or 1 => RetryAsync(life),
        2 => DiscardAsync(life),
        3 => ReplayEventAsync(life),
        4 => ReplayAllAsync(life),
        5 => SetEnabledAsync(life, enabled: false),
        _ => SetEnabledAsync(life, enabled: true),
    };

    private async Task RetryAsync(Life life)
    {
        if (Any() is { } delivery)
        {
            simulation.History.Add(new OperatorActed(delivery.ToString(IdPrefix.Delivery)));
            simulation.Trace.Add("operator", $"retries {simulation.DescribeDelivery(delivery.Key)}");
            await life.Operations.RetryAsync(delivery, Someone, CancellationToken.None);
        }
    }

    private async Task DiscardAsync(Life life)
    {
        if (Any() is { } delivery)
        {
            simulation.Trace.Add("operator", $"discards {simulation.DescribeDelivery(delivery.Key)}");
            await life.Operations.DiscardAsync(delivery, Someone, CancellationToken.None);
        }
    }

    private async Task ReplayEventAsync(Life life)
    {
        if (simulation.Store.Events.Count > 0)
        {
            var record = simulation.Store.Events.Values.ElementAt(_chance.Below(simulation.Store.Events.Count)).Record;
            var force = _chance.OneIn(2);
            var consumer = _chance.OneIn(2) ? null : _chance.Of([.. simulation.Scenario.Consumers.Where(plan => plan.Integration == record.Integration)]).Name;
            simulation.Trace.Add("operator", $"replays {record.MessageId} for {consumer ?? "all"}{(force ? " by force" : "")}");
            await life.Operations.ReplayEventAsync(record.Id, consumer, force, Someone, CancellationToken.None);
        }
    }

    private async Task ReplayAllAsync(Life life)
    {
        simulation.Trace.Add("operator", "replays all dead letters");
        var job = await life.Operations.StartReplayAsync(
            new DeadLetterFilter { Consumer = _chance.OneIn(2) ? null : _chance.Of(simulation.Scenario.Consumers).Name },
            _chance.OneIn(2) ? _chance.Between(1, 50) : null,
            force: _chance.OneIn(4),
            Someone,
            CancellationToken.None);
        if (_chance.OneIn(4))
        {
            await simulation.Scheduler.PauseAsync(TimeSpan.FromMilliseconds(_chance.Below(500)));
            await life.Operations.CancelReplayAsync(job.Id, Someone, CancellationToken.None);
        }
    }

    private async Task SetEnabledAsync(Life life, bool enabled)
    {
        var consumer = _chance.Of(simulation.Scenario.Consumers).Name;
        simulation.Trace.Add("operator", $"{(enabled ? "enables" : "disables")} {consumer}");
        await life.Operations.SetConsumerEnabledAsync(consumer, enabled, Someone, CancellationToken.None);
    }

    /// <summary>A delivery that is outstanding or dead, sometimes one that has ended.</summary>
    private RecordId? Any()
    {
        var store = simulation.Store;
        long[] keys = [.. store.Work.Keys, .. store.DeadLetters.Keys, .. store.Outcomes.Keys.TakeLast(2)];
        return keys.Length == 0 ? null : store.Ids.Make(_chance.Of(keys));
    }
}
