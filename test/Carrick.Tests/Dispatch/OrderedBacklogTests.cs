using System.Collections.Concurrent;
using Carrick.Dispatch;
using Carrick.Hosting;
using Carrick.Integrations;
using Carrick.Storage;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Dispatch;

/// <summary>A consumer with order and more parked deliveries than memory may hold.</summary>
public sealed class OrderedBacklogTests : IDeliveryRunner
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly FakeTimeProvider _time = new(Work.Start);
    private readonly KeyedWork _work = new();
    private readonly Lock _gate = new();
    private readonly HashSet<string> _busy = [];
    private readonly ConcurrentQueue<WorkItem> _started = new();
    private readonly PCG _random = new(11);
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _history = [];
    private int _ended;
    private int _number;
    private int _mostHeld;
    private double _retries;
    private volatile string? _violation;

    [Fact]
    public async Task Pump_AMillionDelayedOverManyKeys_HoldsFewAndLetsOnlyFreeKeysGo()
    {
        const int Keys = 100_000;
        for (var i = 0; i < 1_000_000; i++)
        {
            Store($"k{i % Keys}", TimeSpan.FromSeconds(3_600 + (i * 7919L % 100_000)));
        }

        using var pump = Pump(new CarrickOptions());
        pump.Start();
        await WhenAsync(() => pump.Held > 8_000, pump);
        for (var i = 0; i < 3_000; i++)
        {
            Commit(pump, i % 3 == 0 ? $"free{i}" : $"k{i * 31 % Keys}");
        }

        await WhenAsync(() => _ended == 1_000, pump);

        Assert.Null(_violation);
        Assert.InRange(_mostHeld, 8_000, pump.MostHeld);
        Assert.InRange(pump.MostHeld, 1, 200_000);
        Assert.All(_started, item => Assert.StartsWith("free", item.OrderingKey, StringComparison.Ordinal));
        await pump.StopAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Pump_MoreParkedThanItHoldsWithRetriesAndOperators_EndsEachOnceInTheOrderOfItsKey(uint group)
    {
        for (var seed = 2 * group; seed < 2 * (group + 1); seed++)
        {
            var run = new OrderedBacklogTests { _retries = 0.2 };
            await run.RunAsync(seed);
        }
    }

    [Fact]
    public async Task Pump_FewerParkedThanItHolds_LooksNoKeyUp()
    {
        for (var i = 0; i < 5_000; i++)
        {
            Store($"k{i}", TimeSpan.FromSeconds(i % 60));
        }

        using var pump = Pump(new CarrickOptions());
        pump.Start();
        for (var i = 0; i < 1_000; i++)
        {
            Commit(pump, $"k{10_000 + i}");
        }

        await WhenAsync(() => _work.Count == 0, pump, advance: true);

        Assert.Null(_violation);
        Assert.Equal(0, _work.KeyReads);
        await pump.StopAsync();
    }

    private async Task RunAsync(uint seed)
    {
        var random = new PCG(3, seed);
        _work.Told = Tell;
        for (var i = 0; i < 1_500; i++)
        {
            Store($"k{random.Next(500u)}", random.Next(5) == 0 ? null : TimeSpan.FromSeconds(random.Next(600u)));
        }

        using var pump = Pump(new CarrickOptions { ConsumerBuffer = 16 });
        pump.Start();
        var discarded = 0;
        for (var i = 0; i < 500; i++)
        {
            switch (random.Next(6))
            {
                case 0:
                    discarded += Change(() => Discard(pump, (int)random.Next(1_500u)));
                    break;
                case 1:
                    Change(() => Requeue(pump, (int)random.Next(1_500u)));
                    break;
                case 2:
                    _time.Advance(TimeSpan.FromSeconds(random.Next(3u)));
                    break;
                default:
                    Commit(pump, $"k{random.Next(700u)}");
                    break;
            }

            Note(pump);
            await Task.Yield();
        }

        await WhenAsync(() => _work.Count == 0, pump, advance: true);

        Assert.True(_violation is null, $"Seed {seed}: {_violation}");
        Assert.Equal(_number - discarded, _ended);
        Assert.InRange(_mostHeld, 1, pump.MostHeld);
        await pump.StopAsync();
        Assert.Equal(default, pump.Depth.Value);
    }

    void IDeliveryRunner.Start(WorkItem item, ConsumerPump pump)
    {
        _started.Enqueue(item);
        Tell(item.OrderingKey!, $"{item.Id.Key} starts");
        lock (_gate)
        {
            if (!_busy.Add(item.OrderingKey!))
            {
                _violation ??= $"Two of {item.OrderingKey} at once.";
            }

            // What an operator has discarded meanwhile is gone from the rows.
            if (_work.HeadOf(item.OrderingKey!) is { } head && head < item.Id)
            {
                _violation ??= $"{item.Id.Key} of {item.OrderingKey} started before {head.Key}: {string.Join("; ", _history[item.OrderingKey!])}.";
            }

            if (item.DueAt > _time.GetUtcNow())
            {
                _violation ??= $"{item.Id.Key} started before its time.";
            }
        }

        Task.Run(() => End(item, pump));
    }

    private ConsumerPump Pump(CarrickOptions options) => new(
        new HandlerDefinition { Name = "test/t", Integration = "test", Handler = (_, _) => Task.CompletedTask, Concurrency = 16, Order = OrderingMode.Subject },
        new ConsumerState(1, null, null, null), _work.Depth, this, _work, new BodyBudget(0), options, _time, NullLogger.Instance);

    private void Store(string key, TimeSpan? dueIn) => _work.Put(New(key, dueIn));

    private WorkItem New(string key, TimeSpan? dueIn)
    {
        var id = RecordId.FromKey(++_number, 7);
        return new WorkItem { Id = id, Consumer = 1, EventId = id, OrderingKey = key, DueAt = dueIn is { } wait ? _time.GetUtcNow() + wait : null };
    }

    private void Commit(ConsumerPump pump, string key)
    {
        var item = New(key, null);
        _work.Put(item);
        pump.Offer(item);
        pump.Wake();
    }

    /// <summary>As on the commit thread: nothing ends between the change and its hand-off.</summary>
    private int Change(Func<int> change)
    {
        lock (_gate)
        {
            return _work.Together(change);
        }
    }

    private int Discard(ConsumerPump pump, int place)
    {
        if (_work.Latest(place) is not { } row || pump.IsRunning(row.Id) || _work.Remove(row.Id) is not { } was)
        {
            return 0;
        }

        Tell(was.OrderingKey!, $"{was.Id.Key} is discarded");
        pump.Forget(was);
        return 1;
    }

    private int Requeue(ConsumerPump pump, int place)
    {
        if (_work.Latest(place) is { } row && !pump.IsRunning(row.Id) && _work.Requeue(row.Id) is { } was)
        {
            Tell(was.OrderingKey!, $"{was.Id.Key} is requeued");
            pump.Hurry(was);
        }

        return 0;
    }

    private void End(WorkItem item, ConsumerPump pump)
    {
        bool retry, isLost, wasDelayed;
        lock (_gate)
        {
            wasDelayed = item.DueAt is not null;
            _busy.Remove(item.OrderingKey!);
            isLost = _work.Remove(item.Id) is null;
            retry = !isLost && _random.Next(1_000) < _retries * 1_000;
            if (retry)
            {
                item.DueAt = _time.GetUtcNow() + TimeSpan.FromSeconds(_random.Next(300u));
                item.Attempts++;
                _work.Put(item);
            }
            else if (!isLost)
            {
                _ended++;
            }
        }

        Tell(item.OrderingKey!, $"{item.Id.Key} ends, {(isLost ? "lost" : retry ? "put off" : "gone")}");
        if (isLost)
        {
            pump.Ended(item, DeliveryEnd.Lost);
        }
        else if (retry)
        {
            pump.Depth.Delayed(wasDelayed);
            pump.Ended(item, DeliveryEnd.PutOff);
        }
        else
        {
            pump.Depth.Removed(wasDelayed);
            pump.Ended(item, DeliveryEnd.Gone);
        }
    }

    private void Tell(string key, string what) => _history.GetOrAdd(key, _ => []).Enqueue(what);

    private void Note(ConsumerPump pump) => _mostHeld = Math.Max(_mostHeld, pump.Held);

    private async Task WhenAsync(Func<bool> condition, ConsumerPump pump, bool advance = false)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition() && _violation is null)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Limit, $"Timed out: {_ended} ended, {_started.Count} started, {_work.Count} rows, {pump.Held} held, depth {pump.Depth.Value}.");
            Note(pump);
            if (advance)
            {
                _time.Advance(TimeSpan.FromSeconds(5));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
