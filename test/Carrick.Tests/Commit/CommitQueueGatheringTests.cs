using Carrick.Commit;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Tests.Receiving;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Commit;

/// <summary>Under load a commit waits for company, as long as the last one took; without load nobody waits.</summary>
public sealed class CommitQueueGatheringTests : IAsyncDisposable
{
    private const int Enough = 24;
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(250);
    private readonly FakeTimeProvider _time = new();
    private readonly SteppedCommitThread _thread = new();
    private readonly QueueUnderTest _tested;
    private readonly ScriptedStore _store;
    private readonly CommitQueue _queue;

    public CommitQueueGatheringTests()
    {
        _tested = new(_thread, time: _time);
        (_store, _queue) = (_tested.Store, _tested.Queue);
    }

    private static TimeSpan Milliseconds(double count) => TimeSpan.FromMilliseconds(count);

    public ValueTask DisposeAsync() => _tested.DisposeAsync();

    [Fact]
    public async Task Commit_AfterOneThatSeveralShared_WaitsAsLongAsThatTookAndTakesWhatHasComeMeanwhile()
    {
        await CommitAsync(commands: 2, took: Milliseconds(1.5));
        await WaitsAsync(Milliseconds(1.5));

        var commands = Submit(5);
        Assert.Equal(Milliseconds(1.5), _thread.Waits);
        _thread.TimeIsOver();

        await Task.WhenAll(commands);
        Assert.Equal([2, 5], _store.Committed.Select(batch => batch.Count));
    }

    [Fact]
    public async Task Commit_WhenASmallBatchHasGathered_WaitsNoLonger()
    {
        await CommitAsync(commands: 2, took: Milliseconds(1.5));
        await WaitsAsync(Milliseconds(1.5));

        var few = Submit(Enough - 1);
        Assert.Equal(Milliseconds(1.5), _thread.Waits);
        var last = Submit(1);

        await Task.WhenAll([.. few, .. last]);
        Assert.Equal([2, Enough], _store.Committed.Select(batch => batch.Count));
    }

    [Fact]
    public async Task Commit_AfterOneOfASingleCommand_WaitsForNobody()
    {
        await CommitAsync(commands: 1, took: Milliseconds(1.5));
        await WaitsAsync(Idle);

        await Task.WhenAll(Submit(1));

        Assert.Equal([1, 1], _store.Committed.Select(batch => batch.Count));
    }

    [Fact]
    public async Task Commit_AfterASlowOne_WaitsTwoMillisecondsAtMost()
    {
        await CommitAsync(commands: 2, took: TimeSpan.FromSeconds(20));

        await WaitsAsync(Milliseconds(2));
    }

    [Fact]
    public async Task Commit_AfterAWaitInWhichNobodyCame_WaitsForNobody()
    {
        await CommitAsync(commands: 2, took: Milliseconds(1.5));
        await WaitsAsync(Milliseconds(1.5));
        _thread.TimeIsOver();
        await WaitsAsync(Idle);

        await Task.WhenAll(Submit(1));

        Assert.Equal([2, 1], _store.Committed.Select(batch => batch.Count));
    }

    [Fact]
    public async Task Commit_AfterOneThatFailed_WaitsForTheStoreOnly()
    {
        _store.Failure = new StoreException("The disk is full.", StoreFailure.Full);
        var refused = Submit(2);
        _queue.Start(null);
        await Assert.ThrowsAsync<EngineFullException>(() => Task.WhenAll(refused));

        await WaitsAsync(Milliseconds(50));
    }

    [Fact]
    public async Task Stop_WhileACommitWaits_CommitsAtOnce()
    {
        await CommitAsync(commands: 2, took: Milliseconds(1.5));
        await WaitsAsync(Milliseconds(1.5));
        var waiting = Submit(1);

        await _queue.StopAsync().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal([2, 1], _store.Committed.Select(batch => batch.Count));
    }

    private async Task CommitAsync(int commands, TimeSpan took)
    {
        _store.Committing = () =>
        {
            _store.Committing = null;
            _time.Advance(took);
        };
        var first = Submit(commands);
        _queue.Start(null);
        await Task.WhenAll(first);
    }

    private Task[] Submit(int commands) =>
        [.. Enumerable.Range(0, commands).Select(_ => _queue.SubmitAsync(new RequeueCommand { Delivery = RecordId.None }, TestContext.Current.CancellationToken).AsTask())];

    private Task WaitsAsync(TimeSpan atMost) => Wait.Until(() => _thread.Waits == atMost);
}
