using System.Collections.Concurrent;
using Carrick.Commit;
using Carrick.Retention;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Tests.Commit;
using Carrick.Tests.Receiving;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Carrick.Tests.Retention;

/// <summary>How retention shares the writer, and by which time and periods it goes.</summary>
public sealed class RetentionRunnerTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _time = new(Start);
    private readonly Queue _queue = new();
    private readonly RetentionPeriods _periods = new(TimeSpan.FromDays(30), TimeSpan.FromDays(31), TimeSpan.FromDays(90), TimeSpan.FromDays(100));
    private readonly RetentionRunner _runner;

    public RetentionRunnerTests() => _runner = new RetentionRunner(
        new ShardSet(ShardSet.All), _queue, new ScriptedStore(), new RetentionClock(_time), _periods, _time, NullLogger<RetentionRunner>.Instance);

    public async ValueTask DisposeAsync()
    {
        await _runner.StopAsync();
        _runner.Dispose();
    }

    [Fact]
    public async Task Sweep_RestsInProportionToWhatItsCommandsCost()
    {
        _queue.Answer = command => (command.Took, command.More) = (TimeSpan.FromMilliseconds(10), true);
        _runner.Start();
        await CommandsAsync(1);

        _time.Advance(TimeSpan.FromMilliseconds(39));
        Assert.Single(_queue.Commands);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await CommandsAsync(2);

        Assert.All(_queue.Commands, command => Assert.True(command.Budget <= TimeSpan.FromMilliseconds(2)));
    }

    [Fact]
    public async Task Sweep_ThatIsThrough_IsFollowedByTheNextInFiveMinutes()
    {
        _runner.Start();
        await CommandsAsync(1);

        _time.Advance(TimeSpan.FromSeconds(299));
        Assert.Single(_queue.Commands);
        await AdvanceUntilAsync(2, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Sweep_WhileTheQueueIsFull_GoesOnWhenThereIsRoom()
    {
        _queue.Answer = _ => throw new EngineFullException("Full.", TimeSpan.FromSeconds(1));
        _runner.Start();
        await CommandsAsync(1);
        _queue.Answer = _ => { };

        await AdvanceUntilAsync(2, TimeSpan.FromSeconds(1));

        Assert.Null(_runner.Problem);
    }

    [Fact]
    public async Task Sweep_OfOneTime_KeepsIt_AlthoughMoreComesOfAge()
    {
        _queue.Answer = command => command.More = _queue.Commands.Count < 3;
        _runner.Start();
        await AdvanceUntilAsync(3, TimeSpan.FromMilliseconds(1));

        Assert.Single(_queue.Commands.Select(command => (command.Now, command.EventsBefore)).Distinct());
    }

    [Theory]
    [InlineData(1, 4, 2)]
    [InlineData(300, 300, 400)]
    public async Task Sweep_AfterThePeriodsChanged_GoesByTheNewOnes(int events, int messageIds, int deadLetters)
    {
        _runner.Start();
        await CommandsAsync(1);
        Assert.Equal((Start.AddDays(-30), Start.AddDays(-31), Start.AddDays(-90)), Bounds(_queue.Commands.First(), TimeSpan.Zero));

        _periods.Set(TimeSpan.FromDays(events), TimeSpan.FromDays(messageIds), TimeSpan.FromDays(deadLetters));
        await AdvanceUntilAsync(2, TimeSpan.FromMinutes(1));

        var last = _queue.Commands.Last();
        Assert.Equal((Start.AddDays(-events), Start.AddDays(-messageIds), Start.AddDays(-deadLetters)), Bounds(last, last.Now!.Value - Start));
    }

    [Fact]
    public void Periods_KeepMessageIdsAsLongAsEvents_AndLedgersAsLongAsAnythingThatComesAgain()
    {
        _periods.Set(TimeSpan.FromDays(50), TimeSpan.FromDays(10), TimeSpan.FromDays(200));
        Assert.Equal((TimeSpan.FromDays(50), TimeSpan.FromDays(200)), (_periods.Current.MessageIds, _periods.Ledger));

        _periods.Set(TimeSpan.FromDays(1), TimeSpan.FromDays(4), TimeSpan.FromDays(1));
        Assert.Equal(TimeSpan.FromDays(100), _periods.Ledger);
    }

    private static (DateTimeOffset Events, DateTimeOffset Keys, DateTimeOffset Dead) Bounds(RetentionCommand command, TimeSpan later) =>
        (command.EventsBefore - later, command.KeysBefore - later, command.DeadLettersBefore - later);

    private Task CommandsAsync(int count) => Wait.Until(() => _queue.Commands.Count >= count);

    private Task AdvanceUntilAsync(int count, TimeSpan step) => Wait.Until(() =>
    {
        if (_queue.Commands.Count < count)
        {
            _time.Advance(step);
        }

        return _queue.Commands.Count >= count;
    });

    private sealed class Queue : ICommitQueue
    {
        public ConcurrentQueue<RetentionCommand> Commands { get; } = new();

        public Action<RetentionCommand> Answer { get; set; } = _ => { };

        public ValueTask SubmitAsync(StoreCommand command, CancellationToken cancellationToken)
        {
            Commands.Enqueue((RetentionCommand)command);
            Answer((RetentionCommand)command);
            return ValueTask.CompletedTask;
        }
    }
}
