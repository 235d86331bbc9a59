using System.Collections.ObjectModel;
using Carrick.Cluster;
using Carrick.Commit;
using Carrick.Diagnostics;
using Carrick.Dispatch;
using Carrick.Handlers;
using Carrick.Integrations;
using Carrick.Replay;
using Carrick.Retention;
using Carrick.Search;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Carrick.Hosting;

/// <summary>Starts and stops the engine: takes the store over, starts the commit queue, the pumps and the background work, and drains them in reverse.</summary>
internal sealed partial class CarrickEngine : ICarrickEngine, IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan AfterCancellation = TimeSpan.FromSeconds(5);

    private readonly IStore _store;
    private readonly CommitQueue _commits;
    private readonly HandOff _handOff;
    private readonly RunningTopology _topology;
    private readonly PumpFactory _pumps;
    private readonly ReplayRunner _replays;
    private readonly RetentionRunner _retention;
    private readonly RetentionClock _clock;
    private readonly BlockSealer _blocks;
    private readonly ClusterRunner _cluster;
    private readonly ShardSet _shards;
    private readonly StopSignal _stop;
    private readonly PoisonGuard _guard;
    private readonly EngineSetup _setup;
    private readonly CarrickOptions _options;
    private readonly IHostApplicationLifetime _host;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _applying = new(1, 1);
    private readonly Lifetime _lifetime;
    private bool _open;
    private bool _isEnding;
    private volatile EngineState _state = EngineState.Starting;
    private string? _failure;

    public CarrickEngine(
        IStore store, CommitQueue commits, HandOff handOff, RunningTopology topology, PumpFactory pumps, ReplayRunner replays,
        RetentionRunner retention, RetentionClock clock, BlockSealer blocks, ClusterRunner cluster, ShardSet shards, StopSignal stop, EngineSetup setup, IOptions<CarrickOptions> options, IHostApplicationLifetime host,
        DepthMetrics depths, PoisonGuard guard, TimeProvider time, ILogger<CarrickEngine> logger)
    {
        _store = store;
        _commits = commits;
        _handOff = handOff;
        _topology = topology;
        _pumps = pumps;
        _replays = replays;
        _retention = retention;
        _clock = clock;
        _blocks = blocks;
        _cluster = cluster;
        _shards = shards;
        _stop = stop;
        _guard = guard;
        _setup = setup;
        _options = options.Value;
        _host = host;
        _time = time;
        _logger = logger.Guarded();
        _lifetime = new Lifetime(OpenAsync, DrainAsync);
        // Asked for so that the gauges exist as long as the engine does.
        _ = depths;
    }

    public Topology Topology => _topology.Current.Topology;

    public EngineState State => _state == EngineState.Running && WorkProblem is not null ? EngineState.Degraded : _state;

    public string? Problem => _failure ?? (_state == EngineState.Running ? WorkProblem : _commits.Problem ?? $"The engine is {_state}.");

    /// <summary>Why the engine has stopped the host, or <see langword="null"/> if it has not.</summary>
    public string? Failure => _failure;

    private string? WorkProblem =>
        _commits.Problem ?? _pumps.Problem ?? _retention.Problem ?? _topology.Current.Pumps.Select(pump => pump.Problem).FirstOrDefault(problem => problem is not null);

    public Task StartAsync(CancellationToken cancellationToken) => _lifetime.StartAsync(cancellationToken);

    /// <summary>Drains and closes; returns when that is done, also to a second caller. It never throws.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _lifetime.StopAsync(cancellationToken);

    /// <summary>Stops what a host that failed to start, or was never stopped, has left running.</summary>
    public async ValueTask DisposeAsync()
    {
        await _lifetime.EndAsync().ConfigureAwait(false);
        _lifetime.Dispose();
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_setup.Migrate)
        {
            foreach (var migration in await _store.MigrateAsync(cancellationToken).ConfigureAwait(false))
            {
                LogMigrated(migration);
            }
        }

        var ownership = await _store.OpenAsync(cancellationToken).ConfigureAwait(false);
        _open = true;
        _guard.Started(ownership.UncleanStarts);
        _clock.Continue(ownership.RetentionAt, _options.TrustClock);
        _commits.Committed = _handOff.Committed;
        _commits.Failed = Fail;
        _commits.Start(_store is ISharedStore ? null : new RecordIdGenerator(_time, ownership.IdLow, ownership.LastIdKey));
        await ApplyAsync(_setup.Integrations, cancellationToken).ConfigureAwait(false);
        if (_shards.IsLeader)
        {
            await _replays.StartAsync(cancellationToken).ConfigureAwait(false);
        }

        _retention.Start();
        _blocks.Start();
        _cluster.Start();
        _state = EngineState.Running;
        LogStarted(_store.Name, ownership.Epoch, _topology.Current.Pumps.Count);
    }

    public async ValueTask ApplyAsync(IReadOnlyList<IntegrationDefinition> integrations, CancellationToken cancellationToken)
    {
        var errors = IntegrationValidator.Validate(integrations);
        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, errors), nameof(integrations));
        }

        await _applying.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isEnding)
            {
                throw new EngineFullException("The engine is stopping.", TimeSpan.FromSeconds(5));
            }

            await ReplaceAsync(integrations, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _applying.Release();
        }
    }

    private async Task DrainAsync(Task cannotWait)
    {
        _state = EngineState.Stopping;
        // Behind a configuration that is being applied: what it starts is stopped, and no other comes after it.
        await _applying.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _isEnding = true;
        _applying.Release();
        await StopPartAsync("cluster", _cluster.StopAsync).ConfigureAwait(false);
        await StopPartAsync("replays", _replays.StopAsync).ConfigureAwait(false);
        await StopPartAsync("retention", _retention.StopAsync).ConfigureAwait(false);
        await StopPartAsync("blocks", _blocks.StopAsync).ConfigureAwait(false);
        var draining = Task.WhenAll(_topology.Current.Pumps.Select(pump => StopPartAsync(pump.Definition.Name, pump.StopAsync)));
        try
        {
            await Task.WhenAny(draining, cannotWait).WaitAsync(_options.ShutdownGrace, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // As if a caller could not wait any longer.
        }

        if (!draining.IsCompleted)
        {
            LogGraceOver(_topology.Current.Pumps.Sum(pump => pump.RunningCount));
            // A callback that user code has registered with a token may throw.
            await StopPartAsync("attempts", _stop.CancelAsync).ConfigureAwait(false);
            _commits.HoldNothing();
        }

        var clean = draining.IsCompleted || await EndsAsync(draining).ConfigureAwait(false)
            ? await StopWorkAsync().ConfigureAwait(false)
            : await LeaveWorkAsync().ConfigureAwait(false);
        if (_open && clean && _failure is null)
        {
            await CloseAsync().ConfigureAwait(false);
        }

        _state = EngineState.Stopped;
        if (_open)
        {
            LogStopped();
        }
    }

    /// <summary>One part after another, whatever becomes of it: a stop always drains and closes.</summary>
    private async Task StopPartAsync(string part, Func<Task> stop)
    {
        try
        {
            await stop().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            LogNotStopped(exception, part);
        }
    }

    private async Task<bool> StopWorkAsync()
    {
        await StopPartAsync("handlers", _pumps.StopAsync).ConfigureAwait(false);
        await StopPartAsync("commits", _commits.StopAsync).ConfigureAwait(false);
        return true;
    }

    /// <summary>An attempt that ignores its cancellation must not keep the host from stopping: its work row is there, and the next start runs it again.</summary>
    /// <returns>Whether the store is free to be closed: a handler in the engine's own database may hold it.</returns>
    private Task<bool> LeaveWorkAsync()
    {
        LogLeftRunning(string.Join(", ", _topology.Current.Pumps.Where(pump => pump.RunningCount > 0).Select(pump => pump.Definition.Name)));
        // Not awaited: it ends with the last handler.
        _ = StopPartAsync("handlers", _pumps.StopAsync);
        return EndsAsync(_commits.StopAsync());
    }

    private async Task<bool> EndsAsync(Task stopping)
    {
        try
        {
            await stopping.WaitAsync(AfterCancellation, _time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // All that was acknowledged is durable already; what cannot be written now is only that this stop was a clean one.
    private async Task CloseAsync()
    {
        try
        {
            await _store.CloseAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            LogNotClosed(exception, exception.Message);
            await StopPartAsync("store", () => _store.DisposeAsync().AsTask()).ConfigureAwait(false);
        }
    }

    private async Task ReplaceAsync(IReadOnlyList<IntegrationDefinition> integrations, CancellationToken cancellationToken)
    {
        var old = _topology.Current;
        var definitions = integrations.SelectMany(integration => integration.Consumers).ToList();
        var errors = definitions.SelectMany(definition => old.FindPump(definition.Name) is { } pump ? Refusals(pump.Definition, definition) : []).ToList();
        if (errors.Count > 0)
        {
            throw new ArgumentException(string.Join(Environment.NewLine, errors));
        }

        var catalog = await _store.RegisterAsync(
            [.. integrations.Select(integration => integration.Name)], [.. definitions.Select(definition => definition.Name)], cancellationToken).ConfigureAwait(false);
        // In a shared store others add to them meanwhile; there they are counted by a commit, below.
        var isShared = _store is ISharedStore;
        var depths = isShared ? ReadOnlyDictionary<int, ConsumerDepth>.Empty : await _store.Work.CountAsync(cancellationToken).ConfigureAwait(false);
        var added = await CreateAsync(definitions, old, catalog, depths, cancellationToken).ConfigureAwait(false);
        var pumps = added.ToDictionary(pump => pump.Definition.Name, StringComparer.Ordinal);
        // Nothing can fail from here on, so that a configuration is in force as a whole or not at all.
        foreach (var definition in definitions)
        {
            if (old.FindPump(definition.Name) is { } pump)
            {
                pump.Update(definition);
                pumps.Add(definition.Name, pump);
            }
        }

        // Hand-offs reach a new pump before its first read: they are dropped there and read from the store.
        _topology.Current = new RunningTopology.Snapshot(
            new Topology(integrations),
            [.. integrations.Select(integration => new RunningTopology.RunningIntegration(
                integration.Name, catalog.Integrations[integration.Name], [.. integration.Consumers.Select(consumer => pumps[consumer.Name])]))],
            pumps.Values);
        if (isShared && added.Count > 0)
        {
            var count = new CountDepthsCommand { Consumers = [.. added.Select(pump => pump.State.Number)] };
            _commits.EnqueueAll([count]);
            await count.Done.ConfigureAwait(false);
        }

        _pumps.StartRelays();
        foreach (var pump in added)
        {
            pump.Start();
        }

        foreach (var removed in old.Pumps.Where(pump => !pumps.ContainsKey(pump.Definition.Name)))
        {
            await removed.StopAsync().ConfigureAwait(false);
            removed.Dispose();
        }
    }

    private static IEnumerable<string> Refusals(ConsumerDefinition running, ConsumerDefinition next)
    {
        if (running.GetType() != next.GetType())
        {
            yield return $"Consumer '{next.Name}': a handler cannot become an endpoint, nor an endpoint a handler, while it runs; restart, or give it another name.";
        }
        else if (running is HandlerDefinition { Database: var database } && next is HandlerDefinition { Database: var other } && database != other)
        {
            yield return $"Consumer '{next.Name}': the handler's database cannot change while it runs; restart, or give it another name.";
        }
        else if (running.Order != next.Order)
        {
            yield return $"Consumer '{next.Name}': the order cannot change while it runs; restart, or give it another name.";
        }
    }

    private async Task<List<ConsumerPump>> CreateAsync(
        List<ConsumerDefinition> definitions, RunningTopology.Snapshot old, StoreCatalog catalog, IReadOnlyDictionary<int, ConsumerDepth> depths,
        CancellationToken cancellationToken)
    {
        List<ConsumerPump> added = [];
        try
        {
            foreach (var definition in definitions.Where(definition => old.FindPump(definition.Name) is null))
            {
                var state = catalog.Consumers[definition.Name];
                added.Add(await _pumps.CreateAsync(definition, state, depths.GetValueOrDefault(state.Number), cancellationToken).ConfigureAwait(false));
            }
        }
        catch
        {
            added.ForEach(pump => pump.Dispose());
            throw;
        }

        return added;
    }

    private void Fail(StoreException exception)
    {
        _failure = exception.Message;
        _host.StopApplication();
    }

    [LoggerMessage(1010, LogLevel.Information, "Store {Store} is open (epoch {Epoch}); {Consumers} consumers.")]
    private partial void LogStarted(string store, long epoch, int consumers);

    [LoggerMessage(1011, LogLevel.Information, "Migration {Migration} has run.")]
    private partial void LogMigrated(string migration);

    [LoggerMessage(1012, LogLevel.Warning, "The grace period is over; {Attempts} attempts are cancelled and run again at the next start.")]
    private partial void LogGraceOver(int attempts);

    [LoggerMessage(1014, LogLevel.Warning, "The store could not be closed cleanly: {Problem} Nothing is lost; the next start recovers it.")]
    private partial void LogNotClosed(Exception exception, string problem);

    [LoggerMessage(1015, LogLevel.Error, "The engine stops although attempts still run that ignore their cancellation; the next start runs them again. Consumers: {Consumers}")]
    private partial void LogLeftRunning(string consumers);

    [LoggerMessage(1016, LogLevel.Error, "Stopping {Part} failed; the stop goes on, and the next start recovers what is left.")]
    private partial void LogNotStopped(Exception exception, string part);

    [LoggerMessage(1013, LogLevel.Information, "The engine has stopped.")]
    private partial void LogStopped();
}
