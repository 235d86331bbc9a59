namespace Carrick.Simulation.Scheduling;

/// <summary>The clock of one life of the engine: its timers are steps, and end with it. The wall clock may jump; elapsed time does not.</summary>
internal sealed class LifeClock(World.Life life, World.WallClock wall, Scheduler scheduler, Chance chance) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => wall.Now;

    public override long GetTimestamp() => scheduler.Elapsed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(LifeClock clock, Action callback) : ITimer
    {
        private int _setting;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var setting = ++_setting;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                Schedule(setting, dueTime, period);
            }

            return true;
        }

        public void Dispose() => _setting++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        // A timer is never early, and now and then late.
        private void Schedule(int setting, TimeSpan dueTime, TimeSpan period) => clock.Life.After(
            dueTime + (clock.Chance.OneIn(8) ? clock.Chance.Latency(2_000) : TimeSpan.Zero),
            () =>
            {
                if (setting != _setting)
                {
                    return;
                }

                if (period != Timeout.InfiniteTimeSpan && period > TimeSpan.Zero)
                {
                    Schedule(setting, period, period);
                }

                callback();
            });
    }

    private World.Life Life => life;

    private Chance Chance => chance;
}
