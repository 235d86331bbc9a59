using Carrick.Commit;
using Carrick.Delivery;
using Carrick.Dispatch;
using Carrick.Handlers;
using Carrick.Hosting;
using Carrick.Operations;
using Carrick.Retry;
using Carrick.Simulation.Faults;
using Carrick.Simulation.Memory;
using Carrick.Simulation.Scheduling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Carrick.Simulation.World;

/// <summary>
/// One life of the engine: its real code, and everything through which it meets the world. When it is killed, nothing that it waits for
/// ever comes, so that it does nothing any more; what it has changed in the world stays.
/// </summary>
internal sealed class Life : IHostApplicationLifetime
{
    private readonly Simulation _simulation;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Action> _frozen = [];
    private readonly ServiceProvider _services;
    private bool _isFrozen;

    public Life(Simulation simulation, int number)
    {
        _simulation = simulation;
        Number = number;
        Chance = simulation.Chance.Fork();
        Name = $"life {number}";
        Clock = new LifeClock(this, simulation.Wall, simulation.Scheduler, Chance);
        _services = Compose();
        Engine = _services.GetRequiredService<CarrickEngine>();
        Stopping = _services.GetRequiredService<StopSignal>().Token;
    }

    public int Number { get; }

    public string Name { get; }

    public Chance Chance { get; }

    public TimeProvider Clock { get; }

    public CarrickEngine Engine { get; }

    /// <summary>Cancelled when the grace period of a stop is over.</summary>
    public CancellationToken Stopping { get; }

    public IEventIngress Ingress => _services.GetRequiredService<IEventIngress>();

    public IOperations Operations => _services.GetRequiredService<IOperations>();

    public bool IsOver { get; private set; }

    /// <summary>Started, and neither stopping nor over.</summary>
    public bool IsUp { get; set; }

    public bool IsStopping { get; set; }

    /// <summary>Ends with the life.</summary>
    public Task Ended => _ended.Task;

    CancellationToken IHostApplicationLifetime.ApplicationStarted => CancellationToken.None;

    CancellationToken IHostApplicationLifetime.ApplicationStopping => CancellationToken.None;

    CancellationToken IHostApplicationLifetime.ApplicationStopped => CancellationToken.None;

    void IHostApplicationLifetime.StopApplication() => _simulation.Nemesis.EngineGaveUp(this);

    /// <summary>Something happens to this life after a time, unless it is over by then.</summary>
    public void After(TimeSpan time, Action step) => _simulation.Scheduler.After(time, () => Take(step));

    /// <summary>Waits, as one does for a disk or another machine. Never ends for a life that is over.</summary>
    public Task StepAsync(string actor, string text, TimeSpan latency)
    {
        var step = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!IsOver)
        {
            After(latency, () =>
            {
                _simulation.Trace.Add(actor, $"{Name}: {text}");
                step.SetResult();
            });
        }

        return step.Task;
    }

    /// <summary>The way of a request to this life: it arrives, or the life is over.</summary>
    public Task WireAsync(TimeSpan latency) => _simulation.Scheduler.PauseAsync(latency);

    /// <summary>Waits for something that never comes but for a cancellation.</summary>
    public async Task HangAsync(CancellationToken cancellationToken)
    {
        var hang = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.Register(() => hang.TrySetCanceled(cancellationToken));
        await hang.Task;
    }

    /// <summary>Ends it at once, without a word.</summary>
    public async Task KillAsync(string where)
    {
        Kill(where);
        await new TaskCompletionSource().Task;
    }

    public void Kill(string where)
    {
        if (IsOver)
        {
            return;
        }

        _simulation.Trace.Add("nemesis", $"{Name} is killed {where}", isTurn: true);
        End();
        _simulation.Nemesis.Restart();
    }

    /// <summary>It stands still, as a suspended process does, and goes on later as if nothing had happened.</summary>
    public void Freeze() => _isFrozen = true;

    public void Thaw()
    {
        _isFrozen = false;
        foreach (var step in _frozen)
        {
            Take(step);
        }

        _frozen.Clear();
    }

    /// <summary>Nothing of it runs any more.</summary>
    public void End()
    {
        IsOver = true;
        IsUp = false;
        _simulation.Store.Owner = null;
        // Meters are known to the whole process, and would keep the engine in memory.
        (_services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>() as IDisposable)?.Dispose();
        _ended.TrySetResult();
    }

    private void Take(Action step)
    {
        if (_isFrozen)
        {
            _frozen.Add(step);
        }
        else if (!IsOver)
        {
            step();
        }
    }

    private ServiceProvider Compose()
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(new LifeLog(_simulation, this)).SetMinimumLevel(LogLevel.Warning));
        services.AddMetrics();
        services.AddSingleton(Clock);
        services.AddSingleton<IRandomSource>(Chance);
        services.AddSingleton<IHostApplicationLifetime>(this);
        services.AddSingleton<ICommitThread>(new SimulatedCommitThread(this));
        services.AddKeyedSingleton(typeof(EndpointSender), (_, _) => new HttpMessageInvoker(new Receivers(_simulation, this)));
        var scenario = _simulation.Scenario;
        var memory = new MemoryStore(_simulation.Store, Clock);
        var own = Database("handlers", null);
        var engines = Database("engine", memory);
        var handlers = new Handlers(_simulation, this);
        services.AddCarrick(carrick =>
        {
            carrick.UseStore(_ => _simulation.Sabotage.Plant(new FaultyStore(memory, _simulation, this), _simulation.Store));
            carrick.Configure(options =>
            {
                options.ShutdownGrace = scenario.ShutdownGrace;
                options.CommitBatch = scenario.CommitBatch;
                options.ConsumerBuffer = scenario.ConsumerBuffer;
                options.BodyBuffer = scenario.BodyBuffer;
                options.WriteQueueCapacity = scenario.WriteQueueCapacity;
                options.EventRetention = TimeSpan.FromHours(1);
                options.DeadLetterRetention = TimeSpan.FromHours(2);
                options.MessageIdRetention = TimeSpan.FromDays(4);
            });
            foreach (var group in scenario.Consumers.GroupBy(consumer => consumer.Integration))
            {
                carrick.AddIntegration(group.Key, integration =>
                {
                    foreach (var plan in group)
                    {
                        integration.AddConsumer(plan.ToDefinition(handlers.HandleAsync, plan.IsEndpoint ? null : plan.InEngineDatabase ? engines : own));
                    }
                });
            }
        });
        return services.BuildServiceProvider();
    }

    private IHandlerDatabase Database(string name, MemoryStore? engine) => _simulation.Sabotage.Plant(
        new FaultyHandlerDatabase(new MemoryHandlerDatabase(name, _simulation.HandlersOf(engine is not null), engine), _simulation, this));
}
