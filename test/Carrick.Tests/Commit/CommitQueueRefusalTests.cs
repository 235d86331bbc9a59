using Carrick.Commit;
using Carrick.Hosting;
using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Tests.Receiving;
using Microsoft.Extensions.Logging;

namespace Carrick.Tests.Commit;

/// <summary>A command that the database refuses for its data fails alone; what nobody has foreseen is told apart from a store that cannot write.</summary>
public sealed class CommitQueueRefusalTests : IAsyncDisposable
{
    private static readonly StoreException Data = new("The database refuses a value.", StoreFailure.Data);
    private readonly LogRecorder _log = new();
    private readonly QueueUnderTest _tested;
    private readonly ScriptedStore _store;
    private readonly CommitQueue _queue;

    public CommitQueueRefusalTests()
    {
        _tested = new(options: new CarrickOptions { CommitBatch = 256 }, log: LoggerFactory.Create(logging => logging.AddProvider(_log)).CreateLogger<CommitQueue>());
        (_store, _queue) = (_tested.Store, _tested.Queue);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _tested.DisposeAsync();

    [Fact]
    public async Task Commit_OneCommandOfABatchIsRefused_FailsAloneAndAllOthersAreWrittenInOrder()
    {
        StoreException? ended = null;
        _queue.Failed = exception => ended = exception;
        var commands = Enumerable.Range(0, 100).Select(i => Key($"key {i}")).ToList();
        _store.Refuses = command => command == commands[37] ? Data : null;
        _queue.EnqueueAll(commands);

        _tested.Start();

        await Assert.ThrowsAsync<StoreException>(() => commands[37].Done.WaitAsync(TimeSpan.FromSeconds(10), Token));
        foreach (var other in commands.Where(command => command != commands[37]))
        {
            await other.Done.WaitAsync(TimeSpan.FromSeconds(10), Token);
        }

        Assert.Equal(commands.Where(command => command != commands[37]), _store.Committed.SelectMany(batch => batch));
        Assert.Null(ended);
        Assert.Null(_queue.Problem);
        Assert.Equal([1006], _log.Lines.Select(line => line.Id.Id).Distinct());
    }

    [Fact]
    public async Task Commit_AnUnforeseenExceptionOfOneCommand_FailsThatOneAndEndsNothing()
    {
        StoreException? ended = null;
        _queue.Failed = exception => ended = exception;
        var (good, bad) = (Key("good"), Key("bad"));
        List<StoreCommand> handedOff = [];
        _queue.Committed = handedOff.AddRange;
        _store.Refuses = command => command == bad ? new OverflowException("Planted.") : null;
        _queue.EnqueueAll([good, bad]);

        _tested.Start();

        await good.Done.WaitAsync(TimeSpan.FromSeconds(10), Token);
        var refused = await Assert.ThrowsAsync<StoreException>(() => bad.Done.WaitAsync(TimeSpan.FromSeconds(10), Token));
        Assert.IsType<OverflowException>(refused.InnerException);
        Assert.Null(ended);
        await _queue.SubmitAsync(Key("later"), Token);
        // Every commit is handed off, that of a probe too: news of other nodes come with it.
        Assert.Equal(_store.Committed.SelectMany(batch => batch), handedOff);
    }

    [Fact]
    public async Task Commit_EveryCommitThrowsSomethingUnforeseen_IsAnOutageThatEndsByItself()
    {
        StoreException? ended = null;
        _queue.Failed = exception => ended = exception;
        _store.Refuses = _ => new InvalidOperationException("Planted.");
        var work = Work();
        _tested.Start();
        _queue.EnqueueAll([work]);
        await Wait.Until(() => _queue.Problem is not null);
        await Assert.ThrowsAsync<EngineFullException>(async () => await _queue.SubmitAsync(Key("during"), Token));

        _store.Refuses = null;

        await work.Done.WaitAsync(TimeSpan.FromSeconds(10), Token);
        Assert.True(work.Applied);
        await Wait.Until(() => _queue.Problem is null);
        Assert.Null(ended);
    }

    [Fact]
    public async Task Commit_EndOfADeliveryWhoseTextsAreRefused_IsRecordedWithoutThem()
    {
        var dead = new DeadLetterCommand
        {
            Item = new WorkItem { Id = RecordId.None, Consumer = 1, EventId = RecordId.None },
            At = DateTimeOffset.UnixEpoch,
            Category = FailureCategory.Permanent,
            Reason = "bad text",
            Attempt = new AttemptRecord { Number = 1, StartedAt = DateTimeOffset.UnixEpoch, Duration = TimeSpan.Zero, Category = FailureCategory.Permanent, Error = "bad text" },
        };
        _store.Refuses = command => command is DeadLetterCommand { Reason: "bad text" } or WorkCommand { Attempt.Error: "bad text" } ? Data : null;
        _queue.EnqueueAll([dead]);

        _tested.Start();

        await dead.Done.WaitAsync(TimeSpan.FromSeconds(10), Token);
        Assert.True(dead.Applied);
        Assert.DoesNotContain("bad", dead.Reason + dead.Attempt!.Error, StringComparison.Ordinal);
        Assert.Equal([1007], _log.Lines.Select(line => line.Id.Id).Distinct());
    }

    [Fact]
    public async Task Commit_RefusedWhileTheStoreThenCannotWrite_HoldsOrRefusesTheRestAndLosesNothing()
    {
        var (before, bad, work) = (Key("before"), Key("bad"), Work());
        var full = new StoreException("The disk is full.", StoreFailure.Full);
        _store.Refuses = command => command == bad ? Data : _store.Committed.Count > 0 ? full : null;
        _queue.EnqueueAll([before, bad, work]);
        _tested.Start();
        await before.Done.WaitAsync(TimeSpan.FromSeconds(10), Token);
        await Wait.Until(() => _queue.Problem is not null || bad.Done.IsFaulted);

        _store.Refuses = command => command == bad ? Data : null;

        await Assert.ThrowsAnyAsync<Exception>(() => bad.Done.WaitAsync(TimeSpan.FromSeconds(10), Token));
        await work.Done.WaitAsync(TimeSpan.FromSeconds(10), Token);
        Assert.True(work.Applied);
        Assert.DoesNotContain(bad, _store.Committed.SelectMany(batch => batch));
    }

    [Fact]
    public async Task Maintenance_ThatThrowsAnything_IsPutOffAndEndsNothing()
    {
        StoreException? ended = null;
        _queue.Failed = exception => ended = exception;
        _store.Maintaining = () => throw new InvalidOperationException("Planted.");
        _tested.Start();

        await _queue.SubmitAsync(Key("one"), Token);
        await Wait.Until(() => _log.Lines.Any(line => line.Id.Id == 1003));
        await _queue.SubmitAsync(Key("two"), Token);

        Assert.Null(ended);
    }

    [Fact]
    public async Task Enqueue_AfterANormalStop_FailsAtOnceAndNobodyWaitsForEver()
    {
        _tested.Start();
        await _queue.SubmitAsync(Key("before"), Token);
        await _queue.StopAsync();
        var (work, late) = (Work(), Key("late"));

        _queue.EnqueueAll([work, late]);

        await Assert.ThrowsAsync<EngineFullException>(() => work.Done.WaitAsync(TimeSpan.FromSeconds(5), Token));
        await Assert.ThrowsAsync<EngineFullException>(() => late.Done.WaitAsync(TimeSpan.FromSeconds(5), Token));
        await Assert.ThrowsAsync<EngineFullException>(async () => await _queue.SubmitAsync(Key("later"), Token));
    }

    [Fact]
    public async Task Enqueue_RacingWithAStop_AlwaysEnds()
    {
        for (var round = 0; round < 200; round++)
        {
            await using var tested = new QueueUnderTest();
            tested.Start();
            var commands = Enumerable.Range(0, 20).Select(_ => Work()).ToList();
            var racing = Task.Run(() => commands.ForEach(command => tested.Queue.EnqueueAll([command])), Token);

            await tested.Queue.StopAsync();

            await racing;
            await Task.WhenAll(commands.Select(command => command.Done)).WaitAsync(TimeSpan.FromSeconds(10), Token).ContinueWith(
                all => Assert.False(all.Exception?.InnerException is TimeoutException), TaskScheduler.Default);
            Assert.All(commands, command => Assert.True(command.Done.IsCompleted));
        }
    }

    [Fact]
    public async Task Stop_OfAQueueThatNeverStarted_FailsWhatWaits()
    {
        var work = Work();
        _queue.EnqueueAll([work]);

        await _queue.StopAsync();

        await Assert.ThrowsAsync<EngineFullException>(() => work.Done.WaitAsync(TimeSpan.FromSeconds(5), Token));
    }

    private static PutApiKeyCommand Key(string name) => new()
    {
        Key = new ApiKeyRecord(RecordId.None, name, "ck", default, ["read"], DateTimeOffset.UnixEpoch, null),
    };

    private static CompleteCommand Work() => new()
    {
        Item = new WorkItem { Id = RecordId.None, Consumer = 1, EventId = RecordId.None },
        At = DateTimeOffset.UnixEpoch,
        Outcome = DeliveryOutcome.Succeeded,
    };
}
