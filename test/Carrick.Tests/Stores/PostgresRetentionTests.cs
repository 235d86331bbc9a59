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
    public async Task Maintain_AfterTheFirstStepOfASweep_DropsAFullOldDayWhole()
    {
        for (var i = 0; i < 30; i++)
        {
            await CommitAsync(Complete((await SeedAsync($"m{i}", Orders))[0]));
        }

        Time.Advance(TimeSpan.FromDays(40));
        await SeedAsync("new", Orders);
        var retain = new RetentionCommand
        {
            EventsBefore = Time.GetUtcNow().AddDays(-30),
            KeysBefore = Time.GetUtcNow().AddDays(-30),
            DeadLettersBefore = Time.GetUtcNow().AddDays(-90),
            Limit = 5,
        };
        await CommitAsync(retain);
        Assert.True(retain.More);
        Assert.Equal(26L, Harness.Scalar("SELECT count(*) FROM ~events"));

        await Store.MaintainAsync(idle: false, Token);

        Assert.Equal("events_20260410", Days());
        Assert.Equal(1L, Harness.Scalar("SELECT count(*) FROM ~events"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Maintain_WhileADayIsHeld_KeepsIt_AndDropsItOnceItIsFree(bool dead)
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
    public async Task Maintain_WhileSomebodyReadsTheDay_LeavesItForTheNextSweep()
    {
        await CommitAsync(Complete((await SeedAsync("m1", Orders))[0]));
        Time.Advance(TimeSpan.FromDays(40));
        await using (var reader = new Npgsql.NpgsqlConnection(Harness.ConnectionString + ";Pooling=False"))
        {
            await reader.OpenAsync(Token);
            await using var transaction = await reader.BeginTransactionAsync(Token);
            await using var read = new Npgsql.NpgsqlCommand($"SELECT count(*) FROM {Harness.Schema}.events", reader);
            await read.ExecuteScalarAsync(Token);

            await SweepAsync();

            Assert.Equal("events_20260301", Days());
        }

        await SweepAsync();
        Assert.Equal("", Days());
    }

    private async Task SweepAsync()
    {
        var retain = new RetentionCommand
        {
            EventsBefore = Time.GetUtcNow().AddDays(-30),
            KeysBefore = Time.GetUtcNow().AddDays(-30),
            DeadLettersBefore = Time.GetUtcNow().AddDays(-90),
            Limit = 100,
        };
        await CommitAsync(retain);
        await Store.MaintainAsync(idle: false, Token);
    }

    private string Days() => (string)Harness.Scalar(
        $"SELECT coalesce(string_agg(c.relname::text, ',' ORDER BY c.relname), '') FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid WHERE i.inhparent = '{Harness.Schema}.events'::regclass")!;
}
