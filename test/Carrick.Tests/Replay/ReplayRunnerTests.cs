using Carrick.Dispatch;
using Carrick.Hosting;
using Carrick.Replay;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Tests.Rest;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Replay;

public sealed class ReplayRunnerTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeStore _store = new();
    private readonly ShardSet _shards = new(ShardSet.All);
    private readonly HandOff _handOff;
    private readonly LoopSupervisor _supervisor;
    private readonly ReplayRunner _runner;

    public ReplayRunnerTests()
    {
        _handOff = new HandOff(new RunningTopology(), new BodyBudget(0), _shards, _store);
        _supervisor = new LoopSupervisor(_time, NullLogger<LoopSupervisor>.Instance);
        _runner = new ReplayRunner(_shards, _store, _store, _handOff, _supervisor, _time, NullLogger<ReplayRunner>.Instance);
    }

    private static ReplayJob Job => new()
    {
        Id = RecordId.FromKey(1, 7),
        Filter = new DeadLetterFilter(),
        Actor = "test",
        CreatedAt = DateTimeOffset.UnixEpoch,
    };

    public void Dispose() => _runner.Dispose();

    [Fact]
    public async Task Job_ThatFailsForAReasonNobodyKnows_IsToldOfAndGoesOn()
    {
        _store.ReadFailure = new InvalidCastException("A damaged row.");
        _runner.Run(Job);
        await WhenAsync(() => _supervisor.Problem is not null);
        Assert.Contains("InvalidCastException", _supervisor.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("damaged", _supervisor.Problem, StringComparison.Ordinal);

        _store.ReadFailure = null;
        await WhenAsync(IsCompleted, advance: true);

        await WhenAsync(() => _supervisor.Problem is null);
        await _runner.StopAsync().WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Job_WhoseCommandsFailForAReasonNobodyKnows_IsToldOfAndGoesOn()
    {
        _store.WriteFailure = new OverflowException();
        _runner.Run(Job);
        await WhenAsync(() => _supervisor.Problem is not null);

        _store.WriteFailure = null;

        await WhenAsync(IsCompleted, advance: true);
        await _runner.StopAsync().WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Stop_WhileAJobStandsStill_Ends()
    {
        _store.ReadFailure = new InvalidCastException();
        _runner.Run(Job);
        await WhenAsync(() => _supervisor.Problem is not null);

        await _runner.StopAsync().WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.Null(_supervisor.Problem);
    }

    [Fact]
    public async Task Job_OfANodeThatLeadsNoMore_EndsHereAndBeginsAgainWhenItLeads()
    {
        _store.ReadFailure = new StoreException("Down.", StoreFailure.Transient);
        _runner.Run(Job);
        _shards.Remove(ShardSet.Mask(ShardSet.Leading));
        _store.ReadFailure = null;
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var early = IsCompleted();
        _shards.Add(ShardSet.Mask(ShardSet.Leading));
        await WhenAsync(
            () =>
            {
                _runner.Run(Job);
                return IsCompleted();
            },
            advance: true);

        Assert.False(early);
        await _runner.StopAsync().WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task HandOff_OfAJob_RunsItWhereReplaysAreWorkedOff()
    {
        _handOff.Committed([new CreateReplayJobCommand { Job = Job }]);

        await WhenAsync(IsCompleted, advance: true);
        await _runner.StopAsync().WaitAsync(Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void HandOff_OfAJobOnAnotherNode_DoesNotRunIt()
    {
        _shards.Remove(ShardSet.Mask(ShardSet.Leading));
        var ran = false;
        _handOff.ReplayMade = _ => ran = true;

        _handOff.Committed([new CreateReplayJobCommand { Job = Job }]);

        Assert.False(ran);
    }

    private bool IsCompleted()
    {
        lock (_store)
        {
            return _store.Commands.ToArray().Any(command => command is EndReplayJobCommand { State: ReplayState.Completed });
        }
    }

    private async Task WhenAsync(Func<bool> condition, bool advance = false)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < Limit, "Timed out.");
            if (advance)
            {
                _time.Advance(TimeSpan.FromMilliseconds(500));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
