using System.Diagnostics;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Tests.Stores;

/// <summary>The days of <c>events</c>: made before they are needed, dropped when nothing holds them.</summary>
public sealed class PostgresRetentionTests : StoreTest<PostgresHarness>
{
    [Fact]
    public async Task Days_AreMadeWithTheirFirstEvent()
    {
        await CommitAsync(Ingest(NewEvent("m1")));
        Time.Advance(TimeSpan.FromDays(3));
        await CommitAsync(Ingest(NewEvent("m2")));

        Assert.Equal("events_20260301,events_20260304", Days());
    }

    [Fact]
    public async Task Trim_OfADayThatNothingHolds_DropsItWhole_AndNoRowOfIt()
    {
        for (var i = 0; i < 30; i++)
        {
            await CommitAsync(Complete((await SeedAsync($"m{i}", Orders))[0]));
        }

        Time.Advance(TimeSpan.FromDays(40));
        await SeedAsync("new", Orders);
        var retain = Retain(limit: 5);
        await CommitAsync(retain);
        Assert.Equal((true, 1), (retain.More, retain.Closed));
        Assert.Equal(31L, Harness.Scalar("SELECT count(*) FROM ~events"));

        await TrimAsync();

        Assert.Equal("events_20260410", Days());
        Assert.Equal((1L, 0L), (Harness.Scalar("SELECT count(*) FROM ~events"), Marks()));
    }

    [Fact]
    public async Task Retention_OfAWeekOrMore_LeavesTheDayThatIsNotOver()
    {
        await CommitAsync(Complete((await SeedAsync("m1", Orders))[0]));
        Time.Advance(TimeSpan.FromDays(30.2));

        await SweepAsync(now: true);
        Assert.Equal(1L, Harness.Scalar("SELECT count(*) FROM ~events"));
        Time.Advance(TimeSpan.FromDays(0.5));
        await SweepAsync(now: true);

        Assert.Equal("", Days());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Trim_WhileADayIsHeld_KeepsIt_AndDropsItOnceItIsFree(bool dead)
    {
        var held = (await SeedAsync("held", Orders))[0];
        if (dead)
        {
            await CommitAsync(GiveUp(held));
        }

        Time.Advance(TimeSpan.FromDays(40));
        await SweepAsync();
        Assert.Equal("events_20260301", Days());
        Assert.Single(await Store.Work.ReadEventsAsync([held.EventId], Token));

        await CommitAsync(new DiscardCommand { Delivery = held.Id, At = Time.GetUtcNow() });
        await SweepAsync();

        Assert.Equal("", Days());
    }

    [Fact]
    public async Task Trim_WhileSomebodyReadsTheDay_HoldsUpNobody_AndLeavesItForTheNextSweep()
    {
        await CommitAsync(Complete((await SeedAsync("m1", Orders))[0]));
        Time.Advance(TimeSpan.FromDays(40));
        await using (var reader = new Npgsql.NpgsqlConnection(Harness.ConnectionString + ";Pooling=False"))
        {
            await reader.OpenAsync(Token);
            await using var transaction = await reader.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, Token);
            await using var read = new Npgsql.NpgsqlCommand($"SELECT count(*) FROM {Harness.Schema}.events", reader);
            await read.ExecuteScalarAsync(Token);
            await CommitAsync(Retain());
            var trimming = TrimAsync();

            // Receiving and lists go on while the day is waited for.
            for (var i = 0; !trimming.IsCompleted || i < 3; i++)
            {
                var started = Stopwatch.GetTimestamp();
                await CommitAsync(Ingest(NewEvent($"new{i}")));
                Assert.NotEmpty(await Store.Queries.ListEventsAsync(new(), null, 10, Token));
                Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(1));
            }

            await trimming;
            Assert.Equal(1L, await read.ExecuteScalarAsync(Token));
        }

        await SweepAsync();
        Assert.Equal(("events_20260410", 0L), (Days(), Marks()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ALTER TABLE ~events DETACH PARTITION ~events_20260301")]
    [InlineData("ALTER TABLE ~events DETACH PARTITION ~events_20260301; DROP TABLE ~events_20260301")]
    public async Task Trim_AfterACrashBetweenItsSteps_GoesOn(string done)
    {
        await CommitAsync(Complete((await SeedAsync("m1", Orders))[0]));
        Time.Advance(TimeSpan.FromDays(40));
        await CommitAsync(Retain());
        Assert.Equal(1L, Marks());
        if (done.Length > 0)
        {
            Harness.Scalar(done);
        }

        await SweepAsync();

        Assert.Equal(("", 0L, false), (Days(), Marks(), Harness.Scalar("SELECT to_regclass('~events_20260301') IS NOT NULL")));
        await CommitAsync(Ingest(NewEvent("m2")));
        Assert.Equal("events_20260410", Days());
    }

    [Fact]
    public async Task Replay_OfAnEventOfAClosedDay_IsNotMade()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await CommitAsync(Complete(item));
        Time.Advance(TimeSpan.FromDays(40));
        await CommitAsync(Retain(limit: 1));
        Assert.Equal(1L, Marks());

        var replay = new ReplayCommand { Replays = [new NewReplay { EventId = item.EventId, Consumer = Orders }] };
        await CommitAsync(replay);

        Assert.Empty(replay.Created);
        Assert.Empty(await ReadyAsync(Orders));
    }

    [Fact]
    public async Task Trim_AfterRetentionWasMadeLonger_OpensTheDayAgain()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await CommitAsync(Complete(item));
        Time.Advance(TimeSpan.FromDays(40));
        await CommitAsync(Retain(limit: 1));

        await ((IStoreUpkeep)Store).TrimAsync(Time.GetUtcNow().AddDays(-60), Token);

        Assert.Equal(("events_20260301", 0L), (Days(), Marks()));
        var replay = new ReplayCommand { Replays = [new NewReplay { EventId = item.EventId, Consumer = Orders }] };
        await CommitAsync(replay);
        Assert.Single(replay.Created);
    }

    private async Task SweepAsync(bool now = false)
    {
        await CommitAsync(Retain(now: now));
        await TrimAsync();
    }

    private RetentionCommand Retain(int limit = 100, bool now = false) => new()
    {
        Now = now ? Time.GetUtcNow() : null,
        EventsBefore = Time.GetUtcNow().AddDays(-30),
        KeysBefore = Time.GetUtcNow().AddDays(-30),
        DeadLettersBefore = Time.GetUtcNow().AddDays(-90),
        Limit = limit,
    };

    private Task TrimAsync() => ((IStoreUpkeep)Store).TrimAsync(Time.GetUtcNow().AddDays(-30), Token).AsTask();

    private long Marks() => (long)Harness.Scalar("SELECT count(*) FROM ~meta WHERE name LIKE 'closed day %'")!;

    private string Days() => (string)Harness.Scalar(
        $"SELECT coalesce(string_agg(c.relname::text, ',' ORDER BY c.relname), '') FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = '{Harness.Schema}.events'::regclass")!;
}
