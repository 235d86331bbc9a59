using Carrick.TestServices.Faults;
using Carrick.TestServices.Postgres;
using Carrick.Tests.Receiving;

namespace Carrick.Tests.Stores;

/// <summary>The commit queue on PostgreSQL while the network between them fails: what was answered is there once, and nobody has to help.</summary>
public sealed class PostgresNetworkTests : IAsyncLifetime
{
    private const int Patience = 90;
    private PostgresServer _server = null!;
    private FaultProxy _network = null!;
    private CommitLoad _load = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartNewAsync(Token);
        _network = new FaultProxy(_server.Port, seed: 7);
        _load = await CommitLoad.StartAsync(_server, _network.Port);
    }

    public async ValueTask DisposeAsync()
    {
        _network.Plan = FaultPlan.None;
        await _load.DisposeAsync();
        await _network.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public Task Slow_IsWaitedFor() => DisturbAsync(async () =>
    {
        var slow = new LaneFaults { Latency = TimeSpan.FromMilliseconds(20), Jitter = TimeSpan.FromMilliseconds(80) };
        _network.Plan = new FaultPlan { ToServer = slow, ToClient = slow };
        await MoreAsync(20);
        Assert.Null(_load.Problem);
    });

    [Fact]
    public Task Reset_ManyTimes_LosesNothingThatWasAnswered() => DisturbAsync(async () =>
    {
        for (var reset = 0; reset < 20; reset++)
        {
            _network.Reset();
            await MoreAsync(5);
        }
    });

    [Fact]
    public Task AnswersCutShort_LosesNothingThatWasAnswered() => DisturbAsync(async () =>
    {
        // In the middle of a log-in, and in the middle of what a commit is told.
        foreach (var bytes in (int[])[5, 12, 30])
        {
            _network.Plan = new FaultPlan { TruncateAfter = bytes };
            await Wait.Until(() => _load.Problem is not null, Patience);
            _network.Plan = FaultPlan.None;
            await MoreAsync(5);
        }
    });

    [Fact]
    public Task Away_ForLongerThanTheLeaseLasts_TheOwnerGoesOn() => DisturbAsync(async () =>
    {
        _network.Plan = new FaultPlan { RefusesConnects = true };
        _network.Reset();
        await Wait.Until(() => _load.Problem is not null, Patience);
        var away = TimeProvider.System.GetTimestamp();
        await Wait.Until(() => TimeProvider.System.GetElapsedTime(away) > TimeSpan.FromSeconds(10), Patience);
    });

    [Fact]
    public Task OpenConnectionsForgotten_AreGivenUpAtTheirTimeOut() => DisturbAsync(() =>
    {
        // As a firewall does after a while: what is open is dead without an end, what is new works.
        _network.Plan = new FaultPlan { IsHalfOpen = true };
        _network.Plan = FaultPlan.None;
        return Task.CompletedTask;
    });

    [Fact]
    public Task EveryConnectionForgotten_SendersAreRefusedBeforeAMinuteIsOver() => DisturbAsync(async () =>
    {
        // The time-out of a statement, and of the connection that is to cancel it, which is forgotten too.
        _network.Plan = new FaultPlan { IsHalfOpen = true };
        await Wait.Until(() => _load.Problem is not null, seconds: 35);
    });

    /// <summary>Under load, and with the fault gone in the end: the queue works again by itself.</summary>
    private async Task DisturbAsync(Func<Task> fault)
    {
        var sending = true;
        var load = _load.SendAsync(() => Volatile.Read(ref sending));
        await MoreAsync(20);
        await fault();
        _network.Plan = FaultPlan.None;
        await MoreAsync(20);
        Assert.Null(_load.Problem);
        Volatile.Write(ref sending, false);
        await load;
        await _load.CheckAsync();
    }

    private async Task MoreAsync(int messages)
    {
        var before = _load.Accepted;
        await Wait.Until(() => _load.Accepted >= before + messages, Patience);
    }
}
