using Carrick.Commit;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Tests.Receiving;

namespace Carrick.Tests.Commit;

/// <summary>The commit queue over a store that lost its connection during a commit: nobody is told anything that is not known.</summary>
public sealed class CommitQueueDoubtTests : IAsyncDisposable
{
    private static readonly StoreException Lost = new("The connection was lost.", StoreFailure.Unknown);
    private static readonly StoreException NotYet = new("Not yet.", StoreFailure.Transient);
    private readonly QueueUnderTest _tested = new();
    private readonly ScriptedStore _store;
    private readonly CommitQueue _queue;
    private readonly List<StoreCommand> _handedOff = [];
    private volatile bool _known;

    public CommitQueueDoubtTests()
    {
        (_store, _queue) = (_tested.Store, _tested.Queue);
        _queue.Committed = _handedOff.AddRange;
        _tested.Start();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync()
    {
        _known = true;
        return _tested.DisposeAsync();
    }

    [Fact]
    public async Task Submit_InDoubtAndDurable_IsAnsweredWhenThatIsKnown_HandedOffAndCommittedOnce()
    {
        var command = new PutConfigurationCommand { Document = "{}", At = DateTimeOffset.UnixEpoch };
        var submitted = DoubtAsync(durable: true, command);
        Assert.False(submitted.IsCompleted);

        _known = true;
        await submitted.WaitAsync(TimeSpan.FromSeconds(5), Token);

        Assert.Equal([command], _handedOff);
        Assert.Equal(1, _store.Tries);
        await Wait.Until(() => _queue.Problem is null);
    }

    [Fact]
    public async Task Submit_InDoubtAndNotDurable_IsRefused_AndWorkIsTriedAgain()
    {
        var work = new CompleteCommand
        {
            Item = new WorkItem { Id = RecordId.FromKey(1, 7), Consumer = 1, EventId = RecordId.FromKey(1, 7) },
            At = DateTimeOffset.UnixEpoch,
            Outcome = DeliveryOutcome.Succeeded,
        };
        var submitted = DoubtAsync(durable: false, work);

        _known = true;
        await submitted.WaitAsync(TimeSpan.FromSeconds(5), Token);

        Assert.True(work.Applied);
        Assert.Equal([work], Assert.Single(_store.Committed));

        _known = false;
        var refused = DoubtAsync(durable: false, new ProbeCommand());
        _known = true;
        await Assert.ThrowsAsync<EngineFullException>(() => refused.WaitAsync(TimeSpan.FromSeconds(5), Token));
    }

    [Fact]
    public async Task Submit_WhileAnotherIsInDoubt_IsRefusedAtOnce()
    {
        var submitted = DoubtAsync(durable: true, new ProbeCommand());
        await Wait.Until(() => _queue.Problem is not null);

        var error = await Assert.ThrowsAsync<EngineFullException>(async () => await _queue.SubmitAsync(new ProbeCommand(), Token).AsTask().WaitAsync(TimeSpan.FromSeconds(1), Token));

        Assert.True(error.RetryAfter > TimeSpan.Zero);
        Assert.False(submitted.IsCompleted);
    }

    [Fact]
    public async Task HoldNothing_InDoubt_GivesTheAnswerUp()
    {
        var submitted = DoubtAsync(durable: true, new ProbeCommand());

        _queue.HoldNothing();

        await Assert.ThrowsAsync<EngineFullException>(() => submitted.WaitAsync(TimeSpan.FromSeconds(5), Token));
    }

    private Task DoubtAsync(bool durable, StoreCommand command)
    {
        _store.Failure = Lost;
        _store.Outcome = () =>
        {
            _store.Failure = null;
            return _known ? durable : throw NotYet;
        };
        return _queue.SubmitAsync(command, Token).AsTask();
    }
}
