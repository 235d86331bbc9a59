using System.Text;
using Carrick.Storage.Commands;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Stores;

public abstract class FailureCompliance<THarness> : StoreTest<THarness>
    where THarness : StoreHarness, new()
{
    [Fact]
    public async Task Commit_OnAFullDisk_AppliesNothingAndLaterCommandsCanStillComplete()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await Store.CloseAsync(Token);
        await OpenAsync(Harness.CreateAlmostFull(Time, kilobytes: 40));
        var (complete, small, big) = (Complete(item), NewEvent("small", consumers: Orders), NewEvent("big", body: new string('x', 1_000_000)));

        var error = await Assert.ThrowsAsync<StoreException>(async () => await CommitAsync(complete, Ingest(small), Ingest(big)));

        Assert.Equal(StoreFailure.Full, error.Failure);
        Assert.False(complete.Applied);
        Assert.Equal(default, small.Result);
        Assert.DoesNotContain("xxx", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(item.Id, Assert.Single(await ReadyAsync(Orders)).Id);
        await CommitAsync(complete);
        Assert.True(complete.Applied);
        await CommitAsync(Ingest(small));
        Assert.False(small.Result.Duplicate);
    }

    [Fact]
    public async Task Open_OnACopyTakenAtAnyCommit_HasEveryCommandThatReturned() => await Gen.Int[0, 3].Array[1, 20].SampleAsync(
        async steps =>
        {
            foreach (var step in steps)
            {
                var ready = await ReadyAsync(Orders);
                StoreCommand command = step switch
                {
                    1 when ready.Count > 0 => Complete(ready[0]),
                    2 when ready.Count > 0 => GiveUp(ready[0]),
                    3 when ready.Count > 0 => Retry(ready[0], Start.AddHours(1)),
                    _ => Ingest(NewEvent(Ids.Next().ToString(), consumers: Orders)),
                };
                await CommitAsync(command);
                await Store.MaintainAsync(idle: step == 0, Token);
            }

            await using var crashed = Harness.CopyAsAfterCrash();
            await using var store = crashed.Create(Time);
            await store.OpenAsync(Token);

            Assert.Equal((await DepthAsync(Orders)), (await store.Work.CountAsync(Token)).GetValueOrDefault(Orders));
            Assert.Equal(
                (await Store.Queries.ListDeliveriesAsync(new(), null, 1_000, Token)).Select(view => (view.Id, view.State, view.DueAt)),
                (await store.Queries.ListDeliveriesAsync(new(), null, 1_000, Token)).Select(view => (view.Id, view.State, view.DueAt)));
        },
        iter: 10,
        threads: 1);

    [Fact]
    public async Task Open_AfterAnUncleanStop_HasTheLastCommitAndRefusesDuplicates()
    {
        var item = NewEvent("m1", body: "one", consumers: Orders);
        await CommitAsync(Ingest(item));
        await using var crashed = Harness.CopyAsAfterCrash();
        await using var store = crashed.Create(Time);
        var ownership = await store.OpenAsync(Token);
        await store.RegisterAsync([], [], Token);

        Assert.Equal(1, ownership.UncleanStarts);
        Assert.Equal("one", Encoding.UTF8.GetString(Assert.Single(await store.Work.ReadEventsAsync([item.Id], Token)).Body.Span));
        var again = Ingest(NewEvent("m1", body: "one", consumers: Orders));
        again.AssignIds(Ids);
        await store.CommitAsync([again], Token);
        Assert.Equal(new IngestResult(item.Id, true, false), again.Events[0].Result);
    }

    [Fact]
    public async Task Commit_OfAnUnknownCommand_AppliesNothing()
    {
        var item = NewEvent("m1", consumers: Orders);

        await Assert.ThrowsAsync<NotSupportedException>(async () => await CommitAsync(Ingest(item), new UnknownCommand()));

        Assert.Equal(default, item.Result);
        Assert.Empty(await ReadyAsync(Orders));
        await CommitAsync(Ingest(item));
        Assert.False(item.Result.Duplicate);
    }

    [Fact]
    public async Task Commit_WithACancelledToken_AppliesNothing()
    {
        var item = NewEvent("m1", consumers: Orders);
        var ingest = Ingest(item);
        ingest.AssignIds(Ids);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.CommitAsync([ingest], new CancellationToken(canceled: true)));

        Assert.Empty(await ReadyAsync(Orders));
    }

    [Fact]
    public async Task Calls_AfterClose_SayThatTheStoreIsNotOpen()
    {
        await Store.CloseAsync(Token);

        await Assert.ThrowsAsync<StoreException>(async () => await CommitAsync(Ingest(NewEvent("m1"))));
        await Assert.ThrowsAsync<StoreException>(async () => await Store.MaintainAsync(idle: true, Token));
        await Store.CloseAsync(Token);
    }

    private sealed class UnknownCommand : StoreCommand;
}
