using System.Diagnostics.Metrics;
using Carrick.Delivery;
using Carrick.Dispatch;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Tests.Retry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
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
            null!, clock, new FixedRandom(0.5), new DispatchMetrics(services.GetRequiredService<IMeterFactory>()), NullLogger<AttemptFinisher>.Instance);
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
