using Carrick.Sqlite.Raw;
using Carrick.Sqlite.Reading;
using Carrick.Storage;
using Carrick.Tests.Receiving;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Carrick.Tests.Stores;

/// <summary>Reads run on threads of their own, bounded in number, waiting and time, and none of them holds up what follows.</summary>
public sealed class ReaderPoolTests : IAsyncDisposable
{
    private const string Endless = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private readonly SqliteHarness _harness = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ManualResetEventSlim _gate = new();
    private ReaderPool? _pool;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _gate.Set();
        _pool?.Dispose();
        _gate.Dispose();
        await _harness.DisposeAsync();
    }

    [Fact]
    public async Task Read_RunsOnAThreadOfItsOwn_AndWhatFollowsDoesNot()
    {
        var pool = Create(threads: 2);

        var (name, pooled) = await pool.ReadAsync(0, (_, _) => (Thread.CurrentThread.Name, Thread.CurrentThread.IsThreadPoolThread), Token);

        Assert.Equal(("test", false), (name, pooled));
        Assert.NotEqual("test", Thread.CurrentThread.Name);
    }

    [Fact]
    public async Task Read_WhileAllThreadsAreBusy_Waits_AndTooManyAreRefused()
    {
        var pool = Create(threads: 2, waiting: 3);
        var reads = Enumerable.Range(0, 2).Select(_ => ReadGatedAsync(pool)).ToList();
        await Wait.Until(() => pool.Reads == 2);
        reads.AddRange(Enumerable.Range(0, 3).Select(_ => ReadGatedAsync(pool)));

        var refused = await Assert.ThrowsAsync<QueryRefusedException>(() => ReadGatedAsync(pool));
        _gate.Set();

        Assert.False(refused.IsTooSlow);
        Assert.Equal(5, (await Task.WhenAll(reads).WaitAsync(Soon, Token)).Sum());
    }

    [Fact]
    public async Task Read_ThatTakesTooLong_IsInterrupted_AndTheNextWorks()
    {
        var pool = Create(limit: TimeSpan.FromSeconds(5));
        var read = pool.ReadAsync(0, (database, _) => database[Endless].Scalar(), Token).AsTask();
        await Wait.Until(() => pool.Reads == 1);
        while (!read.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        var refused = await Assert.ThrowsAsync<QueryRefusedException>(() => read);

        Assert.True(refused.IsTooSlow);
        Assert.Contains("5 s", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await pool.ReadAsync(0, (database, _) => database["SELECT 1"].Scalar(), Token));
    }

    [Fact]
    public async Task Read_ThatHasWaitedTooLong_IsRefusedUnread()
    {
        var pool = Create(limit: TimeSpan.FromSeconds(5));
        var first = ReadGatedAsync(pool);
        await Wait.Until(() => pool.Reads == 1);
        var second = ReadGatedAsync(pool);
        _time.Advance(TimeSpan.FromSeconds(6));
        _gate.Set();

        Assert.False((await Assert.ThrowsAsync<QueryRefusedException>(() => second)).IsTooSlow);
        await first.ContinueWith(_ => { }, Token);
    }

    [Fact]
    public async Task Read_Cancelled_EndsAtOnce_WhetherItRunsOrWaits()
    {
        var pool = Create();
        using var running = new CancellationTokenSource();
        using var waiting = new CancellationTokenSource();
        var first = pool.ReadAsync(0, (database, _) => database[Endless].Scalar(), running.Token).AsTask();
        await Wait.Until(() => pool.Reads == 1);
        var second = pool.ReadAsync(0, (database, _) => database["SELECT 1"].Scalar(), waiting.Token).AsTask();
        await waiting.CancelAsync();
        await running.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Soon, Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(Soon, Token));
        Assert.Equal(1, await pool.ReadAsync(0, (database, _) => database["SELECT 1"].Scalar(), Token));
    }

    [Fact]
    public async Task Read_ThatFails_Fails_AndTheNextWorks()
    {
        var pool = Create();

        await Assert.ThrowsAsync<StoreException>(async () => await pool.ReadAsync(0, (database, _) => database["SELECT x FROM nothing"].Scalar(), Token));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await pool.ReadAsync<int, int>(0, (_, _) => throw new InvalidOperationException("Planted."), Token));

        Assert.Equal(1, await pool.ReadAsync(0, (database, _) => database["SELECT 1"].Scalar(), Token));
    }

    [Fact]
    public async Task Dispose_InterruptsWhatRuns_AndRefusesWhatWaits()
    {
        var pool = Create();
        var running = pool.ReadAsync(0, (database, _) => database[Endless].Scalar(), Token).AsTask();
        await Wait.Until(() => pool.Reads == 1);
        var waiting = pool.ReadAsync(0, (database, _) => database["SELECT 1"].Scalar(), Token).AsTask();

        pool.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => running.WaitAsync(Soon, Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Soon, Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ReadGatedAsync(pool));
    }

    private ReaderPool Create(int threads = 1, int waiting = 10, TimeSpan? limit = null)
    {
        _harness.Scalar("CREATE TABLE t (x); SELECT 1");
        return _pool = new ReaderPool(new SqliteFile(_harness.ConnectionString), new ReaderLimits("test", threads, waiting, limit), _time);
    }

    private Task<int> ReadGatedAsync(ReaderPool pool) => pool.ReadAsync(
        this,
        static (_, test) =>
        {
            test._gate.Wait(Soon);
            return 1;
        },
        Token).AsTask();
}
