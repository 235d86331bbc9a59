using Carrick.Storage;
using Carrick.Storage.Commands;
using Xunit;

namespace Carrick.Tests.Stores;

public abstract class OwnershipCompliance<THarness> : StoreTest<THarness>
    where THarness : StoreHarness, new()
{
    [Fact]
    public async Task Migrate_ASecondTime_RunsNothing() => Assert.Empty(await Store.MigrateAsync(Token));

    [Fact]
    public async Task Migrate_OfANewerSchema_IsRefused()
    {
        Harness.MakeSchemaNewer();

        var error = await Assert.ThrowsAsync<StoreException>(async () => await Store.MigrateAsync(Token));

        Assert.Equal(StoreFailure.Configuration, error.Failure);
        Assert.Contains("newer", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_WithoutASchema_IsRefused()
    {
        await using var harness = new THarness();
        await using var store = harness.Create(Time);

        var error = await Assert.ThrowsAsync<StoreException>(async () => await store.OpenAsync(Token));

        Assert.Equal(StoreFailure.Configuration, error.Failure);
    }

    [Fact]
    public async Task Open_WhileAnotherHasItOpen_IsRefusedUnlessItCanBeShared()
    {
        await using var second = Harness.Create(Time);

        if (Harness.IsShared)
        {
            Assert.NotEqual(Ownership.Epoch, (await second.OpenAsync(Token)).Epoch);
        }
        else
        {
            var error = await Assert.ThrowsAsync<StoreException>(async () => await second.OpenAsync(Token));
            Assert.Equal(StoreFailure.Taken, error.Failure);
        }

        await CommitAsync(Ingest(NewEvent("m1")));
    }

    [Fact]
    public async Task Open_AfterClose_RaisesTheEpochAndKeepsIdentityNumbersAndData()
    {
        var (first, catalog) = (Ownership, Catalog);
        var item = (await SeedAsync("m1", Orders))[0];
        await Store.CloseAsync(Token);

        await OpenAsync(Harness.Create(Time));

        Assert.Equal(first.Epoch + 1, Ownership.Epoch);
        Assert.Equal((first.IdLow, item.Id.Key, 0), (Ownership.IdLow, Ownership.LastIdKey, Ownership.UncleanStarts));
        Assert.Equal(catalog.Integrations, Catalog.Integrations);
        Assert.Equal(catalog.Consumers, Catalog.Consumers);
        Assert.Equal(item.Id, Assert.Single(await ReadyAsync(Orders)).Id);
        Assert.Equal("billing", Assert.Single(await Store.Work.ReadEventsAsync([item.EventId], Token)).Integration);
    }

    [Fact]
    public void IdLow_HasTheVariantOfAUuid() => Assert.Equal(2UL, Ownership.IdLow >> 62);

    [Fact]
    public async Task LastIdKey_IsThatOfTheNewestIdWhereverItIs()
    {
        var items = (await SeedAsync("m1", Orders)).Concat(await SeedAsync("m2", Orders)).ToArray();
        foreach (var step in new StoreCommand[] { Complete(items[0]), GiveUp(items[1]) })
        {
            await CommitAsync(step);
            await Store.CloseAsync(Token);
            await OpenAsync(Harness.Create(Time));
            Assert.Equal(items[1].Id.Key, Ownership.LastIdKey);
        }

        var create = new CreateReplayJobCommand { Job = new ReplayJob { Id = RecordId.None, Filter = new(), Actor = "a", CreatedAt = Start } };
        await CommitAsync(create);
        await Store.CloseAsync(Token);
        await OpenAsync(Harness.Create(Time));
        Assert.Equal(create.Job.Id.Key, Ownership.LastIdKey);
    }

    [Fact]
    public async Task UncleanStarts_WithoutACleanStop_CountUp()
    {
        Assert.Equal(0, Ownership.UncleanStarts);
        for (var expected = 1; expected <= 3; expected++)
        {
            await Store.DisposeAsync();
            await OpenAsync(Harness.Create(Time));
            Assert.Equal(expected, Ownership.UncleanStarts);
        }

        await Store.CloseAsync(Token);
        await OpenAsync(Harness.Create(Time));
        Assert.Equal(0, Ownership.UncleanStarts);
    }

    [Fact]
    public async Task UncleanStarts_AfterAMinuteOfWork_StartAgain()
    {
        await Store.DisposeAsync();
        await OpenAsync(Harness.Create(Time));
        Time.Advance(TimeSpan.FromSeconds(59));
        await Store.MaintainAsync(idle: true, Token);
        await using (var early = Harness.CopyAsAfterCrash())
        {
            await using var store = early.Create(Time);
            Assert.Equal(2, (await store.OpenAsync(Token)).UncleanStarts);
        }

        Time.Advance(TimeSpan.FromSeconds(1));
        await Store.MaintainAsync(idle: true, Token);
        await Store.DisposeAsync();

        await OpenAsync(Harness.Create(Time));

        Assert.Equal(0, Ownership.UncleanStarts);
    }

    [Fact]
    public async Task Commit_AfterTheEpochWasRaised_CompletesAndStoresNothing()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        Harness.TakeOver();
        var (complete, retry) = (Complete(item), Retry(item, Start.AddHours(1)));
        var ingest = Ingest(NewEvent("m2", consumers: Orders));

        await CommitAsync(complete, retry);
        var error = await Assert.ThrowsAsync<StoreException>(async () => await CommitAsync(Complete(item), ingest));

        Assert.Equal((false, false), (complete.Applied, retry.Applied));
        Assert.Equal(StoreFailure.Taken, error.Failure);
        Assert.Equal(default, ingest.Events[0].Result);
        Assert.Equal(item.Id, Assert.Single(await ReadyAsync(Orders)).Id);
        await Assert.ThrowsAsync<StoreException>(async () => await Store.RegisterAsync(["new"], [], Token));
    }

    [Fact]
    public async Task Register_OfNewNames_GivesNewNumbersAndKeepsTheOld()
    {
        var again = await Store.RegisterAsync(["billing", "zendesk"], ["zendesk/tickets", "billing/orders"], Token);

        Assert.Equal(Catalog.Integrations["billing"], again.Integrations["billing"]);
        Assert.Equal(Orders, again.Consumers["billing/orders"].Number);
        Assert.Equal(3, again.Integrations.Values.Distinct().Count());
        Assert.Equal(4, again.Consumers.Values.Select(state => state.Number).Distinct().Count());
    }

    [Fact]
    public async Task Statistics_AfterACommit_HaveGrown()
    {
        var before = Store.Statistics;

        await CommitAsync(Ingest(NewEvent("m1")), Ingest(NewEvent("m2")));

        Assert.Equal((before.Commits + 1, before.Commands + 2), (Store.Statistics.Commits, Store.Statistics.Commands));
    }
}
