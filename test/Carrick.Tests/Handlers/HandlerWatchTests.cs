using Carrick.Handlers;
using Carrick.Storage;
using Carrick.Tests.Receiving;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Handlers;

public sealed class HandlerWatchTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _token = new();
    private readonly List<HandlerContext> _abandoned = [];
    private readonly List<Exception> _failures = [];
    private readonly HandlerContext _context = Context();
    private readonly HandlerWatch _watch;

    public HandlerWatchTests() => _watch = new HandlerWatch(_time, _abandoned.Add, _failures.Add, _stop.Token);

    public void Dispose()
    {
        _watch.Dispose();
        _token.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task Handler_OverItsTime_IsCancelledAndThenAbandonedOnce()
    {
        _watch.Begin(_context, _token, Limit);
        _time.Advance(Limit - Moment);
        Assert.False(_token.IsCancellationRequested);

        _time.Advance(Moment);
        await Wait.Until(() => _token.IsCancellationRequested);
        _time.Advance(HandlerWatch.Grace - Moment);
        Assert.Empty(_abandoned);
        Assert.False(_watch.HasAbandoned);

        _time.Advance(Moment);
        Assert.Same(_context, Assert.Single(_abandoned));
        Assert.True(_watch.HasAbandoned);
        Assert.False(_watch.End());
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Single(_abandoned);
    }

    [Fact]
    public async Task Handler_EndsWithinTheGrace_IsNotAbandoned()
    {
        _watch.Begin(_context, _token, Limit);
        _time.Advance(Limit);
        await Wait.Until(() => _token.IsCancellationRequested);

        Assert.True(_watch.End());

        _time.Advance(TimeSpan.FromDays(1));
        Assert.Empty(_abandoned);
    }

    [Fact]
    public void Handler_AfterOneThatHasEnded_HasItsOwnTime()
    {
        using var second = new CancellationTokenSource();
        _watch.Begin(Context(), _token, Limit);
        _time.Advance(Limit - Moment);
        Assert.True(_watch.End());
        _watch.Begin(_context, second, Limit);

        _time.Advance(Limit - Moment);

        Assert.False(second.IsCancellationRequested);
        Assert.False(_token.IsCancellationRequested);
    }

    [Fact]
    public async Task Handler_WithAShorterTimeThanTheOneBefore_IsCancelledInTime()
    {
        using var second = new CancellationTokenSource();
        _watch.Begin(Context(), _token, TimeSpan.FromHours(1));
        Assert.True(_watch.End());
        _watch.Begin(_context, second, Moment);

        _time.Advance(Moment);

        await Wait.Until(() => second.IsCancellationRequested);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(-1)]
    public async Task Handler_WithATimeThatNoTimerCanTake_IsNotCancelledBefore(int days)
    {
        _watch.Begin(_context, _token, days < 0 ? TimeSpan.MaxValue : TimeSpan.FromDays(days));
        for (var day = 0; day < 59; day++)
        {
            _time.Advance(TimeSpan.FromDays(1));
        }

        Assert.False(_token.IsCancellationRequested);
        _time.Advance(TimeSpan.FromDays(1));
        await Wait.Until(() => _token.IsCancellationRequested == days > 0);
    }

    [Fact]
    public async Task Handler_AfterAPauseOfTheProcess_HasTheWholeGrace()
    {
        var clock = new PausedClock();
        using var watch = new HandlerWatch(clock, _abandoned.Add, _failures.Add, _stop.Token);
        watch.Begin(_context, _token, Limit);

        // Both times have passed when the process goes on.
        clock.Now += TimeSpan.FromHours(1);
        clock.Look();
        clock.Look();

        await Wait.Until(() => _token.IsCancellationRequested);
        Assert.Empty(_abandoned);
        clock.Now += HandlerWatch.Grace;
        clock.Look();
        Assert.Single(_abandoned);
    }

    [Fact]
    public async Task Stop_WhileAHandlerRuns_CancelsIt_AndAbandonsItBeforeTheEngineGivesUp()
    {
        _watch.Begin(_context, _token, Limit);

        await _stop.CancelAsync();

        await Wait.Until(() => _token.IsCancellationRequested);
        _time.Advance(HandlerWatch.GraceInStop - Moment);
        Assert.Empty(_abandoned);
        _time.Advance(Moment);
        Assert.Single(_abandoned);
    }

    [Fact]
    public async Task Stop_InTheGraceOfAHandler_DoesNotProlongIt()
    {
        _watch.Begin(_context, _token, Limit);
        _time.Advance(Limit);
        await Wait.Until(() => _token.IsCancellationRequested);
        _time.Advance(HandlerWatch.Grace - Moment);

        await _stop.CancelAsync();

        _time.Advance(Moment);
        Assert.Single(_abandoned);
    }

    [Fact]
    public async Task Begin_AfterTheStop_IsCancelledAtOnce()
    {
        await _stop.CancelAsync();

        _watch.Begin(_context, _token, Limit);

        Assert.True(_token.IsCancellationRequested);
        _time.Advance(HandlerWatch.GraceInStop);
        Assert.Single(_abandoned);
    }

    [Fact]
    public async Task Cancel_WhoseCallbackThrowsOrBlocks_IsTold_AndDelaysNothing()
    {
        using var blocked = new ManualResetEventSlim();
        _token.Token.Register(() => blocked.Wait(CancellationToken.None));
        _token.Token.Register(() => throw new NotSupportedException("A bug."));
        _watch.Begin(_context, _token, Limit);
        _time.Advance(Limit);
        await Wait.Until(() => _token.IsCancellationRequested);

        _time.Advance(HandlerWatch.Grace);

        Assert.Single(_abandoned);
        blocked.Set();
        await Wait.Until(() => _failures.Count == 1);
    }

    [Fact]
    public void Context_OfAnAbandonedHandler_RefusesEverythingAndSaysWhy()
    {
        _context.Abandon();

        Func<object>[] uses = [() => _context.Connection, () => _context.Transaction, () => _context.Services];
        foreach (var use in uses)
        {
            Assert.Contains("abandoned", Assert.Throws<ObjectDisposedException>(use).Message, StringComparison.Ordinal);
        }

        Assert.Throws<ObjectDisposedException>(() => _context.Publish("t", default, "text/plain"));
        Assert.Empty(_context.Published);
    }

    private static HandlerContext Context()
    {
        var id = RecordId.FromKey(1, 7);
        var record = new EventRecord { Id = id, Integration = "billing", Type = "t", MessageId = "m1", Body = default, ReceivedAt = default };
        return new HandlerContext(null!, null!, "billing/t", new WorkItem { Id = id, Consumer = 1, EventId = id }, record);
    }

    /// <summary>A clock whose timer fires when the test says so.</summary>
    private sealed class PausedClock : TimeProvider
    {
        private Action? _look;

        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _look = () => callback(state);
            return System.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public void Look() => _look!();
    }
}
