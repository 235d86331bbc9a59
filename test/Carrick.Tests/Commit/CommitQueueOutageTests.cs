using Carrick.Commit;
using Carrick.Hosting;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Tests.Receiving;
using Microsoft.Extensions.Logging;

namespace Carrick.Tests.Commit;

/// <summary>The commit queue over a store that cannot write: refuse at once, hold what has happened, find the end of it unaided.</summary>
public sealed class CommitQueueOutageTests : IAsyncDisposable
{
    private const int Batch = 4;
    private static readonly StoreException Full = new("The disk is full.", StoreFailure.Full);
    private readonly LogRecorder _log = new();
    private readonly QueueUnderTest _tested;
    private readonly ScriptedStore _store;
    private readonly CommitQueue _queue;

    public CommitQueueOutageTests()
    {
        _tested = new(options: new CarrickOptions { CommitBatch = Batch }, log: LoggerFactory.Create(logging => logging.AddProvider(_log)).CreateLogger<CommitQueue>());
        (_store, _queue) = (_tested.Store, _tested.Queue);
        _tested.Start();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _tested.DisposeAsync();

    [Fact]
    public async Task Submit_WhileMoreThanABatchOfWorkIsHeld_IsRefusedAtOnce()
    {
        _store.Failure = Full;
        var held = Enumerable.Range(0, 3 * Batch).Select(_ => Work()).ToList();
        _queue.EnqueueAll(held);
        await Wait.Until(() => _queue.Problem is not null && _store.Tries > 2);

        var error = await Assert.ThrowsAsync<EngineFullException>(async () => await _queue.SubmitAsync(new ProbeCommand(), Token).AsTask().WaitAsync(TimeSpan.FromSeconds(1), Token));

        Assert.True(error.RetryAfter > TimeSpan.Zero);
        Assert.DoesNotContain(held, command => command.Done.IsCompleted);
        _store.Failure = null;
        await Task.WhenAll(held.Select(command => command.Done)).WaitAsync(TimeSpan.FromSeconds(5), Token);
        Assert.All(held, command => Assert.True(command.Applied));
    }

    [Fact]
    public async Task Submit_WhatMakesRoom_IsTriedDuringAnOutage()
    {
        _store.Failure = Full;
        await Assert.ThrowsAsync<EngineFullException>(async () => await _queue.SubmitAsync(new ProbeCommand(), Token));
        _store.Failure = null;

        await _queue.SubmitAsync(Retention(), Token);

        await Wait.Until(() => _queue.Problem is null);
    }

    [Fact]
    public async Task Outage_NobodySends_EndsByItself()
    {
        _store.Failure = Full;
        await Assert.ThrowsAsync<EngineFullException>(async () => await _queue.SubmitAsync(new ProbeCommand(), Token));
        var tries = _store.Tries;
        await Wait.Until(() => _store.Tries > tries + 1);
        Assert.Equal(Full.Message, _queue.Problem);

        _store.Failure = null;

        await Wait.Until(() => _queue.Problem is null);
        await Wait.Until(() => _store.Committed.Any(batch => batch is [ProbeCommand { Clear: true }]));
        Assert.Equal([1000, 1001], _log.Lines.Select(line => line.Id.Id));
    }

    [Fact]
    public async Task HoldNothing_DuringAnOutage_GivesUpWhatIsHeld()
    {
        _store.Failure = Full;
        var held = Work();
        _queue.EnqueueAll([held]);
        await Wait.Until(() => _store.Tries > 1);
        Assert.False(held.Done.IsCompleted);

        _queue.HoldNothing();

        await Assert.ThrowsAsync<EngineFullException>(() => held.Done.WaitAsync(TimeSpan.FromSeconds(5), Token));
        Assert.False(held.Applied);
    }

    [Theory]
    [InlineData(StoreFailure.Fatal)]
    [InlineData(StoreFailure.Taken)]
    [InlineData(StoreFailure.Configuration)]
    public async Task Failure_ForGood_FailsEveryoneNowAndLater(StoreFailure failure)
    {
        StoreException? told = null;
        _queue.Failed = exception => told = exception;
        _store.Failure = new StoreException("Broken.", failure);
        var before = Work();
        _queue.EnqueueAll([before]);
        await Assert.ThrowsAsync<EngineFullException>(() => before.Done.WaitAsync(TimeSpan.FromSeconds(5), Token));
        await Wait.Until(() => told is not null);

        // An attempt that ends only now must not wait for a commit that never comes.
        var after = Work();
        _queue.EnqueueAll([after]);

        await Assert.ThrowsAsync<EngineFullException>(() => after.Done.WaitAsync(TimeSpan.FromSeconds(5), Token));
        await Assert.ThrowsAsync<EngineFullException>(async () => await _queue.SubmitAsync(new ProbeCommand(), Token));
        Assert.Equal((failure, "Broken."), (told!.Failure, _queue.Problem));
        Assert.Equal(1, _store.Tries);
        await _queue.StopAsync().WaitAsync(TimeSpan.FromSeconds(5), Token);
    }

    [Fact]
    public async Task Ownership_LostWhileOnlyWorkIsCommitted_IsNoticed()
    {
        StoreException? told = null;
        _queue.Failed = exception => told = exception;
        _store.Taken = true;
        var work = Work();

        _queue.EnqueueAll([work]);

        await work.Done.WaitAsync(TimeSpan.FromSeconds(5), Token);
        Assert.False(work.Applied);
        await Wait.Until(() => told?.Failure == StoreFailure.Taken);
    }

    private static CompleteCommand Work() => new()
    {
        Item = new WorkItem { Id = RecordId.None, Consumer = 1, EventId = RecordId.None },
        At = DateTimeOffset.UnixEpoch,
        Outcome = DeliveryOutcome.Succeeded,
    };

    private static RetentionCommand Retention() => new()
    {
        EventsBefore = DateTimeOffset.UnixEpoch,
        KeysBefore = DateTimeOffset.UnixEpoch,
        DeadLettersBefore = DateTimeOffset.UnixEpoch,
        Limit = 1,
    };
}
