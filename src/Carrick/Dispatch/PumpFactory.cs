using System.Collections.Concurrent;
using Carrick.Delivery;
using Carrick.Diagnostics;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Shards;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Carrick.Dispatch;

/// <summary>Makes pumps with the right runner; one lane per handler database. Called under the engine's apply lock.</summary>
internal sealed class PumpFactory(
    IStore store, EndpointRunner endpoints, HandlerInvoker invoker, AttemptFinisher finisher, PoisonGuard guard, BodyBudget bodies, ShardSet shards, LoopSupervisor supervisor,
    IServiceProvider services, IOptions<CarrickOptions> options, RetentionPeriods periods, RetentionClock clock, TimeProvider time, ILoggerFactory loggers)
{
    private readonly ConcurrentDictionary<IHandlerDatabase, HandlerLane> _lanes = new();

    /// <summary>Why the handlers of a database, or loops of the engine, stand still, or <see langword="null"/>.</summary>
    public string? Problem => _lanes.Values.Select(lane => lane.Problem).FirstOrDefault(problem => problem is not null) ?? supervisor.Problem ?? shards.Problem;

    /// <summary>Makes the pump of a consumer; it is not started.</summary>
    /// <exception cref="StoreException">The handler's database cannot be used.</exception>
    public async ValueTask<ConsumerPump> CreateAsync(
        ConsumerDefinition definition, ConsumerState state, ConsumerDepth depth, CancellationToken cancellationToken)
    {
        IDeliveryRunner runner = definition is HandlerDefinition handler
            ? await LaneAsync(handler, cancellationToken).ConfigureAwait(false)
            : endpoints;
        return new ConsumerPump(definition, state, depth, runner, store.Work, bodies, options.Value, time, loggers.CreateLogger<ConsumerPump>(), shards);
    }

    /// <summary>Starts the relays of new lanes: a message that comes before its integration is in force would wait for the next start.</summary>
    public void StartRelays()
    {
        foreach (var lane in _lanes.Values)
        {
            lane.StartRelay();
        }
    }

    /// <summary>Reads the outbox of every lane again: another node that died may have left messages in it.</summary>
    public void RelayAgain()
    {
        foreach (var lane in _lanes.Values)
        {
            lane.RelayAgain();
        }
    }

    public Task StopAsync() => Task.WhenAll(_lanes.Values.Select(lane => lane.StopAsync()));

    private async ValueTask<HandlerLane> LaneAsync(HandlerDefinition handler, CancellationToken cancellationToken)
    {
        var database = handler.Database ?? services.GetService<IHandlerDatabase>()
            ?? throw new StoreException($"Handler '{handler.Name}' has no database: call UseHandlerDatabase or set one.", StoreFailure.Configuration);
        if (_lanes.TryGetValue(database, out var lane))
        {
            return lane;
        }

        var outbox = new OutboxRelay(services.GetRequiredService<IEventIngress>(), time, loggers.CreateLogger<OutboxRelay>().Guarded());
        lane = new HandlerLane(database, invoker, finisher, outbox, guard, store.Queries, options.Value, periods, clock, time, loggers.CreateLogger<HandlerLane>().Guarded());
        await lane.StartAsync(cancellationToken).ConfigureAwait(false);
        _lanes[database] = lane;
        return lane;
    }
}
