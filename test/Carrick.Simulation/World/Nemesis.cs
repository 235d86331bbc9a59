using Carrick.Simulation.Scheduling;
using Carrick.Testing.History;

namespace Carrick.Simulation.World;

/// <summary>Starts the engine, and ends it: clean stops, kills, suspensions during which another takes over; clocks that are set, and disks that are full.</summary>
internal sealed class Nemesis(Simulation simulation)
{
    private static readonly TimeSpan Season = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(60);
    private readonly Chance _chance = simulation.Chance.Fork();
    private bool _isRestarting;
    private bool _isEnding;

    /// <summary>The life that owns the store, or the last one that did.</summary>
    public Life? Current { get; private set; }

    public int Lives { get; private set; }

    public void Start() => Task.Run(StartLifeAsync);

    /// <summary>The store has failed for good: the host stops.</summary>
    public void EngineGaveUp(Life life)
    {
        if (!life.IsOver)
        {
            life.IsUp = false;
            simulation.Trace.Add("nemesis", $"{life.Name} gives up", isTurn: true);
            simulation.Scheduler.After(TimeSpan.Zero, () => _ = StopAsync(life));
        }
    }

    /// <summary>Starts the next life in a while, if none is about to start.</summary>
    public void Restart()
    {
        if (_isRestarting || _isEnding)
        {
            return;
        }

        _isRestarting = true;
        simulation.Scheduler.After(TimeSpan.FromMilliseconds(_chance.Between(1, 3_000)), () => Task.Run(StartLifeAsync));
    }

    public async Task ActAsync()
    {
        var scenario = simulation.Scenario;
        List<Func<Task>> acts =
        [
            .. Enumerable.Repeat<Func<Task>>(KillAsync, scenario.Crashes),
            .. Enumerable.Repeat<Func<Task>>(StopAsync, scenario.Stops),
            .. Enumerable.Repeat<Func<Task>>(FreezeAsync, scenario.Freezes),
            .. Enumerable.Repeat<Func<Task>>(SetClockAsync, scenario.ClockJumps),
            .. Enumerable.Repeat<Func<Task>>(FillDiskAsync, scenario.Outages),
            .. Enumerable.Repeat<Func<Task>>(MakeReadOnlyAsync, scenario.ReadOnlyTimes),
        ];
        await Task.WhenAll([.. acts.Select(async act =>
        {
            await simulation.Scheduler.PauseAsync(Season * _chance.NextDouble());
            await act();
        })]);
    }

    /// <summary>The last stop, after which nothing starts.</summary>
    public async Task StopForGoodAsync()
    {
        _isEnding = true;
        await StopAsync(Current!);
    }

    private async Task StartLifeAsync()
    {
        _isRestarting = false;
        if (Lives > 0)
        {
            simulation.History.Add(new Killed(simulation.Wall.Now));
        }

        var life = Current = new Life(simulation, ++Lives);
        simulation.Trace.Add("nemesis", $"{life.Name} starts", isTurn: true);
        try
        {
            await life.Engine.StartAsync(CancellationToken.None);
            life.IsUp = !life.IsStopping;
            simulation.Trace.Add("nemesis", $"{life.Name} is up", isTurn: true);
        }
        catch (StoreException exception)
        {
            simulation.Trace.Add("nemesis", $"{life.Name} does not start: {exception.Message}", isTurn: true);
            await life.Engine.DisposeAsync();
            life.End();
            Restart();
        }
    }

    private Task StopAsync() => Current is { IsUp: true } life ? StopAsync(life) : Task.CompletedTask;

    private async Task StopAsync(Life life)
    {
        if (life.IsOver || life.IsStopping)
        {
            return;
        }

        life.IsStopping = true;
        life.IsUp = false;
        simulation.Trace.Add("nemesis", $"{life.Name} stops", isTurn: true);
        var stopped = Task.Run(() => life.Engine.StopAsync(CancellationToken.None));
        if (!await simulation.UntilAsync(() => stopped.IsCompleted || life.IsOver, StopLimit))
        {
            simulation.Findings.Add("I14", life.Name, "Its stop does not end.");
        }

        if (!life.IsOver)
        {
            if (stopped.IsFaulted)
            {
                simulation.Findings.Add("I14", life.Name, $"Its stop failed: {stopped.Exception}");
            }

            simulation.Findings.CheckStop(life);
            simulation.Trace.Add("nemesis", $"{life.Name} has stopped", isTurn: true);
            life.End();
            if (life == Current)
            {
                Restart();
            }
        }
    }

    private Task KillAsync()
    {
        // Also while it starts or stops.
        Current?.Kill("between two steps");
        return Task.CompletedTask;
    }

    private async Task FreezeAsync()
    {
        if (Current is not { IsUp: true } life)
        {
            return;
        }

        simulation.Trace.Add("nemesis", $"{life.Name} is suspended", isTurn: true);
        life.Freeze();
        simulation.Store.Owner = null;
        Restart();
        await simulation.Scheduler.PauseAsync(TimeSpan.FromSeconds(_chance.Between(5, 60)));
        simulation.Trace.Add("nemesis", $"{life.Name} wakes up", isTurn: true);
        life.Thaw();
    }

    private Task SetClockAsync()
    {
        var back = simulation.Scenario.ClockGoesBack && _chance.OneIn(2);
        var by = TimeSpan.FromSeconds(_chance.Of([1, 60, 3_600, 10_000, 80_000]));
        simulation.Wall.Set(back ? -Min(by, TimeSpan.FromSeconds(60)) : by);
        simulation.Trace.Add("nemesis", $"the clock is set {(back ? "back" : "forward")} by {by}", isTurn: true);
        return Task.CompletedTask;
    }

    private async Task FillDiskAsync()
    {
        simulation.Trace.Add("nemesis", "the disk is full", isTurn: true);
        simulation.IsDiskFull = true;
        await simulation.Scheduler.PauseAsync(TimeSpan.FromSeconds(_chance.Between(1, 10)));
        simulation.IsDiskFull = false;
        simulation.Trace.Add("nemesis", "the disk has room", isTurn: true);
    }

    private async Task MakeReadOnlyAsync()
    {
        simulation.Trace.Add("nemesis", "the store is read-only", isTurn: true);
        simulation.IsReadOnly = true;
        await simulation.Scheduler.PauseAsync(TimeSpan.FromSeconds(_chance.Between(1, 10)));
        simulation.IsReadOnly = false;
        simulation.Trace.Add("nemesis", "the store can be written", isTurn: true);
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
