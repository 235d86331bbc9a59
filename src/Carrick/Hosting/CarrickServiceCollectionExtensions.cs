using Carrick;
using Carrick.Cluster;
using Carrick.Commit;
using Carrick.Delivery;
using Carrick.Dispatch;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Operations;
using Carrick.Replay;
using Carrick.Retention;
using Carrick.Search;
using Carrick.Shards;
using Carrick.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Carrick to an application.</summary>
public static class CarrickServiceCollectionExtensions
{
    /// <summary>Adds the engine, composed by <paramref name="configure"/>; it starts and stops with the host.</summary>
    /// <exception cref="InvalidOperationException">Carrick was added before.</exception>
    public static IServiceCollection AddCarrick(this IServiceCollection services, Action<CarrickBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        if (services.Any(service => service.ServiceType == typeof(ICarrickEngine)))
        {
            throw new InvalidOperationException("Carrick has been added already; add integrations in the first call.");
        }

        var builder = new CarrickBuilder(services);
        configure(builder);

        services.AddDelivery();
        services.AddOptions<CarrickOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<CarrickOptions>, CarrickOptionsValidator>());

        services.TryAddSingleton(new EngineSetup(builder.Integrations));
        services.AddSingleton<RunningTopology>();
        services.AddSingleton<StopSignal>();
        services.AddSingleton(provider => new BodyBudget(provider.GetRequiredService<IOptions<CarrickOptions>>().Value.BodyBuffer));
        services.AddSingleton<CommitMetrics>();
        services.TryAddSingleton<ICommitThread, CommitThread>();
        services.AddSingleton<CommitQueue>();
        services.AddSingleton<ICommitQueue>(provider => provider.GetRequiredService<CommitQueue>());
        services.AddSingleton(provider => provider.GetRequiredService<IStore>() is ISharedStore shared ? shared.Shards : new ShardSet(ShardSet.All));
        services.AddSingleton<HandOff>();
        services.AddSingleton<LoopSupervisor>();
        services.AddSingleton<DispatchMetrics>();
        services.AddSingleton<DepthMetrics>();
        services.AddSingleton<AttemptFinisher>();
        services.AddSingleton<EndpointRunner>();
        services.AddSingleton<HandlerInvoker>();
        services.AddSingleton<PoisonGuard>();
        services.AddSingleton<PumpFactory>();
        services.AddSingleton<ReplayRunner>();
        services.AddSingleton<ClusterRunner>();
        services.AddSingleton<RetentionClock>();
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<CarrickOptions>>().Value;
            return new RetentionPeriods(options.EventRetention, options.MessageIdRetention, options.DeadLetterRetention, options.LedgerRetention);
        });
        services.AddSingleton<RetentionRunner>();
        services.AddSingleton<BlockSealer>();
        services.AddSingleton<IEventIngress, EventIngress>();
        services.AddSingleton<IOperations, OperatorService>();
        services.AddSingleton<CarrickEngine>();
        services.AddSingleton<ICarrickEngine>(provider => provider.GetRequiredService<CarrickEngine>());
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<CarrickEngine>());
        return services;
    }
}
