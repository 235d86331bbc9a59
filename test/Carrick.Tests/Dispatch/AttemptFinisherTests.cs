using System.Diagnostics.Metrics;
using Carrick.Delivery;
using Carrick.Dispatch;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Tests.Receiving;
using Carrick.Tests.Retry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Carrick.Tests.Dispatch;

public sealed class AttemptFinisherTests
{
    [Fact]
    public void Decide_WhenTheThreadLosesItsCoreInBetween_NeverShortensTheDelay()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var clock = new StallingClock();
        var finisher = new AttemptFinisher(
            null!, clock, new FixedRandom(0.5), new DispatchMetrics(services.GetRequiredService<IMeterFactory>()), new StopSignal(), NullLogger<AttemptFinisher>.Instance);
        var retry = new RetryPolicy { Attempts = 5, Base = TimeSpan.FromMilliseconds(20), Jitter = 0 };
        var definition = new EndpointDefinition { Name = "test/t", Integration = "test", Url = new Uri("http://127.0.0.1:9/"), Retry = retry };
        using var pump = new ConsumerPump(
            definition, new ConsumerState(1, null, null, null), default, new PumpRun(OrderingMode.None, 0, new CsCheck.PCG(1), 1), new FakeWork(), new BodyBudget(0),
            new CarrickOptions(), clock, NullLogger.Instance);
        var item = new WorkItem { Id = RecordId.FromKey(1, 7), Consumer = 1, EventId = RecordId.FromKey(1, 7) };
        var (startedAt, started) = (clock.GetUtcNow(), clock.GetTimestamp());

        clock.StallBeforeReading(2, TimeSpan.FromMilliseconds(30));
        var command = Assert.IsType<RetryCommand>(finisher.Decide(item, pump, AttemptResult.Failure(FailureCategory.Transient, "refused"), startedAt, started));

        var attempt = command.Attempt!;
        Assert.InRange(command.DueAt - (attempt.StartedAt + attempt.Duration), TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(60));
    }

    [Fact]
    public async Task Finish_WhenACommandFailsForAnyReason_EndsEveryDeliveryAndSaysSo()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        await using var queue = new Commit.QueueUnderTest();
        queue.Start();
        var finisher = new AttemptFinisher(
            queue.Queue, TimeProvider.System, new FixedRandom(0.5), new DispatchMetrics(services.GetRequiredService<IMeterFactory>()), new StopSignal(), NullLogger<AttemptFinisher>.Instance);
        var run = new PumpRun(OrderingMode.None, 0, new CsCheck.PCG(1), concurrency: 3, hold: true);
        run.Pump.Start();
        RecordId[] ids = [run.Commit(null), run.Commit(null), run.Commit(null)];
        await run.WhenStartedAsync(3, TimeSpan.FromSeconds(20));
        var ended = new List<(WorkCommand, ConsumerPump)>();
        foreach (var id in ids)
        {
            var item = (await run.Work.FindAsync(id, TestContext.Current.CancellationToken))!;
            ended.Add((new CompleteCommand { Item = item, At = TimeProvider.System.GetUtcNow(), Outcome = DeliveryOutcome.Succeeded }, run.Pump));
        }

        ended[0].Item1.Fail(new InvalidCastException("The data of somebody."));
        await finisher.FinishAsync(ended, durable: false).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal(0, run.Pump.RunningCount);
        Assert.Contains("InvalidCastException", run.Pump.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("somebody", run.Pump.Problem, StringComparison.Ordinal);
        await run.Pump.StopAsync();
    }

    [Fact]
    public async Task Finish_WhenTheDatabaseRefusesOneEnd_TellsTheOthersAtOnceAndTriesThatOneAgain()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var stop = new StopSignal();
        var time = new FakeTimeProvider();
        await using var queue = new Commit.QueueUnderTest();
        queue.Start();
        var finisher = new AttemptFinisher(
            queue.Queue, time, new FixedRandom(0.5), new DispatchMetrics(services.GetRequiredService<IMeterFactory>()), stop, NullLogger<AttemptFinisher>.Instance);
        var run = new PumpRun(OrderingMode.None, 0, new CsCheck.PCG(1), concurrency: 3, hold: true);
        run.Pump.Start();
        RecordId[] ids = [run.Commit(null), run.Commit(null), run.Commit(null)];
        await run.WhenStartedAsync(3, TimeSpan.FromSeconds(20));
        var ended = new List<(WorkCommand Command, ConsumerPump Pump)>();
        foreach (var id in ids)
        {
            var item = (await run.Work.FindAsync(id, TestContext.Current.CancellationToken))!;
            ended.Add((new CompleteCommand { Item = item, At = time.GetUtcNow(), Outcome = DeliveryOutcome.Succeeded }, run.Pump));
        }

        var refused = ended[0].Command;
        queue.Store.Refuses = command => command == refused ? new StoreException("A value is refused.", StoreFailure.Data) : null;
        await finisher.FinishAsync(ended, durable: false).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal([refused.Item.Id], run.Pump.ListRunning());
        var tries = queue.Store.Tries;
        time.Advance(TimeSpan.FromSeconds(1));
        await Wait.Until(() => queue.Store.Tries > tries);
        Assert.Equal([refused.Item.Id], run.Pump.ListRunning());
        queue.Store.Refuses = null;
        await Wait.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(2));
            return run.Pump.RunningCount == 0;
        });
        Assert.True(refused.Applied);
        await run.Pump.StopAsync();
    }

    [Fact]
    public async Task Finish_OfARefusedEndWhileTheEngineStops_EndsTheDelivery()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var stop = new StopSignal();
        await using var queue = new Commit.QueueUnderTest();
        queue.Start();
        var finisher = new AttemptFinisher(
            queue.Queue, new FakeTimeProvider(), new FixedRandom(0.5), new DispatchMetrics(services.GetRequiredService<IMeterFactory>()), stop, NullLogger<AttemptFinisher>.Instance);
        var run = new PumpRun(OrderingMode.None, 0, new CsCheck.PCG(1), concurrency: 1, hold: true);
        run.Pump.Start();
        var id = run.Commit(null);
        await run.WhenStartedAsync(1, TimeSpan.FromSeconds(20));
        var item = (await run.Work.FindAsync(id, TestContext.Current.CancellationToken))!;
        queue.Store.Refuses = command => command is WorkCommand ? new StoreException("A value is refused.", StoreFailure.Data) : null;
        await finisher.FinishAsync([(new CompleteCommand { Item = item, At = DateTimeOffset.UnixEpoch, Outcome = DeliveryOutcome.Succeeded }, run.Pump)], durable: false);
        Assert.Equal(1, run.Pump.RunningCount);

        await stop.CancelAsync();

        await Wait.Until(() => run.Pump.RunningCount == 0);
        await run.Pump.StopAsync();
    }

    [Fact]
    public async Task Finish_WhenNothingCanBeQueued_EndsEveryDelivery()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var finisher = new AttemptFinisher(
            null!, TimeProvider.System, new FixedRandom(0.5), new DispatchMetrics(services.GetRequiredService<IMeterFactory>()), new StopSignal(), NullLogger<AttemptFinisher>.Instance);
        var run = new PumpRun(OrderingMode.None, 0, new CsCheck.PCG(1), concurrency: 3, hold: true);
        run.Pump.Start();
        var id = run.Commit(null);
        await run.WhenStartedAsync(1, TimeSpan.FromSeconds(20));
        var item = (await run.Work.FindAsync(id, TestContext.Current.CancellationToken))!;

        await finisher.FinishAsync([(new CompleteCommand { Item = item, At = TimeProvider.System.GetUtcNow(), Outcome = DeliveryOutcome.Succeeded }, run.Pump)], durable: false);

        Assert.Equal(0, run.Pump.RunningCount);
        Assert.NotNull(run.Pump.Problem);
        await run.Pump.StopAsync();
    }

    /// <summary>A clock that stands still but for one stall.</summary>
    private sealed class StallingClock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        private int _readings;
        private TimeSpan _stall;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void StallBeforeReading(int reading, TimeSpan stall) => (_readings, _stall) = (reading, stall);

        public override DateTimeOffset GetUtcNow() => Read();

        public override long GetTimestamp() => Read().Ticks;

        private DateTimeOffset Read()
        {
            if (--_readings == 0)
            {
                _now += _stall;
            }

            return _now;
        }
    }
}
