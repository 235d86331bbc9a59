using System.Collections.Concurrent;
using Carrick.Dispatch;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Dispatch;

public sealed class ConsumerPumpReadTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly ConcurrentQueue<WorkItem> _started = new();

    /// <summary>The retry is durable, so the store gives it; its end has not reached the pump yet.</summary>
    [Fact]
    public async Task Pump_ReadsARetryBeforeItsAttemptHasEndedHere_StartsItOnce()
    {
        const int Page = 512;
        var time = new FakeTimeProvider(Work.Start);
        var work = new FakeWork();
        for (var i = 1; i <= Page; i++)
        {
            work.Put(Work.Item(i, dueIn: 40));
        }

        using var pump = Pump(work, time);
        pump.Start();
        Commit(work, pump, 1_000);
        await StartedAsync(1);
        work.Put(Work.Item(1_000, dueIn: 41));
        time.Advance(TimeSpan.FromSeconds(15));

        // Another one starts only after the loop has read what is due soon.
        Commit(work, pump, 1_001);
        await StartedAsync(2);
        var item = _started.First();
        item.DueAt = Work.Start.AddSeconds(41);
        pump.Ended(item, DeliveryEnd.PutOff);
        time.Advance(TimeSpan.FromSeconds(27));
        await StartedAsync(2 + Page + 1);
        Commit(work, pump, 1_002);
        await StartedAsync(2 + Page + 2);
        Assert.Equal(2, _started.Count(other => other.Id == item.Id));
    }

    private static void Commit(FakeWork work, ConsumerPump pump, int number)
    {
        work.Put(Work.Item(number));
        pump.Offer(Work.Item(number));
        pump.Wake();
    }

    private ConsumerPump Pump(FakeWork work, TimeProvider time) => new(
        new HandlerDefinition { Name = "test/t", Integration = "test", Handler = (_, _) => Task.CompletedTask, Concurrency = 1_000 },
        new ConsumerState(1, null, null, null), default, new Runner(_started), work, new BodyBudget(0), new CarrickOptions(), time, NullLogger.Instance);

    private async Task StartedAsync(int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        while (_started.Count < count)
        {
            Assert.False(limit.IsCancellationRequested, $"{_started.Count} of {count} started");
            await Task.Yield();
        }
    }

    private sealed class Runner(ConcurrentQueue<WorkItem> started) : IDeliveryRunner
    {
        public void Start(WorkItem item, ConsumerPump pump) => started.Enqueue(item);
    }
}
