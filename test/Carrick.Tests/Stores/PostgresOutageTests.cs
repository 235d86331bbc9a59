using Carrick.TestServices.Faults;
using Carrick.TestServices.Postgres;
using Carrick.Tests.Receiving;

namespace Carrick.Tests.Stores;

/// <summary>The commit queue on PostgreSQL while connections are cut at COMMIT and the server crashes: what was answered is there once, and nobody has to help.</summary>
public sealed class PostgresOutageTests : IAsyncLifetime
{
    private PostgresServer _server = null!;
    private CommitCutter _cutter = null!;
    private CommitLoad _load = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartNewAsync(Token);
        _cutter = new CommitCutter(_server.Port);
        _load = await CommitLoad.StartAsync(_server, _cutter.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await _load.DisposeAsync();
        await _cutter.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Commit_CutBeforeOrAfterItReachesTheServer_IsAnsweredTruly()
    {
        const int cuts = 100;
        var random = new Random(7);
        _cutter.Next = () => random.Next(4) switch { 0 => CommitCut.BeforeServer, 1 => CommitCut.AfterServer, _ => CommitCut.None };

        await _load.SendAsync(() => _cutter.Cuts < cuts);

        _cutter.Next = () => CommitCut.None;
        await _load.CheckAsync();
    }

    [Fact]
    public async Task Server_StoppedAtOnceAndStartedAgain_LosesNothingThatWasAnswered()
    {
        var sending = true;
        var load = _load.SendAsync(() => Volatile.Read(ref sending));
        for (var round = 1; round <= 2; round++)
        {
            var before = _load.Accepted;
            await Wait.Until(() => _load.Accepted > before + 20);
            // Without a checkpoint: it recovers from its log.
            await _server.StopAsync(PostgresShutdown.Immediate);
            await Wait.Until(() => _load.Problem is not null);
            await _server.StartAsync(Token);
            await Wait.Until(() => _load.Problem is null);
        }

        Volatile.Write(ref sending, false);
        await load;
        await _load.CheckAsync();
    }
}
