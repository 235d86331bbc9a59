using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Xunit;

namespace Carrick.Tests.Stores;

public abstract class ReplayCompliance<THarness> : StoreTest<THarness>
    where THarness : StoreHarness, new()
{
    [Fact]
    public async Task Replay_OfADeadLetter_MakesLinkedWorkWithAFreshBudget()
    {
        var dead = await SeedDeadAsync("m1");
        var replay = Replay(dead, force: true);

        await CommitAsync(replay);

        var created = Assert.Single(replay.Created);
        var work = Assert.Single(await ReadyAsync(Orders));
        Assert.Equal((created.Id, dead.EventId, dead.Id, 0, 0, true), (work.Id, work.EventId, work.ReplayOf, work.Attempts, work.Failures, work.Forced));
        Assert.Equal(new ConsumerDepth(1, 0, 0), await DepthAsync(Orders));
        Assert.Empty(await Store.Queries.ListDeadLettersAsync(new(), null, 10, Token));
        var old = await Store.Queries.FindDeliveryAsync(dead.Id, Token);
        Assert.Equal((DeliveryState.Dead, created.Id), (old!.State, old.ReplayedBy));
    }

    [Fact]
    public async Task Replay_OfAReplayedOrDiscardedDeadLetter_IsLeftOut()
    {
        var (replayed, discarded, open) = (await SeedDeadAsync("m1"), await SeedDeadAsync("m2"), await SeedDeadAsync("m3"));
        await CommitAsync(Replay(replayed), new DiscardCommand { Delivery = discarded.Id, At = Start });
        var again = new ReplayCommand { Replays = [Again(replayed), Again(discarded), Again(open), Again(open)] };

        await CommitAsync(again);

        Assert.Equal(open.Id, Assert.Single(again.Created).ReplayOf);
        Assert.Equal(2, (await ReadyAsync(Orders)).Count);
    }

    [Fact]
    public async Task Discard_OfAReplayedDeadLetter_IsNotApplied()
    {
        var dead = await SeedDeadAsync("m1");
        await CommitAsync(Replay(dead));
        var discard = new DiscardCommand { Delivery = dead.Id, At = Start };

        await CommitAsync(discard);

        Assert.False(discard.Applied);
    }

    [Fact]
    public async Task Replay_ThatDiesAgain_IsADeadLetterOfItsOwn()
    {
        var dead = await SeedDeadAsync("m1");
        var replay = Replay(dead);
        await CommitAsync(replay);
        await CommitAsync(GiveUp(replay.Created[0]));

        var open = Assert.Single(await Store.Queries.ListDeadLettersAsync(new(), null, 10, Token));

        Assert.Equal((replay.Created[0].Id, dead.Id), (open.Id, open.ReplayOf));
        Assert.Equal(new ConsumerDepth(0, 0, 1), await DepthAsync(Orders));
    }

    [Fact]
    public async Task Replay_OfAnEvent_MakesWorkAndShowsInItsDeliveries()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await CommitAsync(Complete(item));
        await SeedAsync("m2", Orders);
        var replay = new ReplayCommand
        {
            Replays =
            [
                new NewReplay { EventId = item.EventId, Consumer = Ledger, OrderingKey = "k" },
                new NewReplay { EventId = Ids.Next(), Consumer = Ledger },
                new NewReplay { EventId = item.EventId with { Low = 9 }, Consumer = Ledger },
            ],
        };

        await CommitAsync(replay);

        var created = Assert.Single(replay.Created);
        Assert.Equal("k", Assert.Single(await ReadyAsync(Ledger)).OrderingKey);
        var detail = await Store.Queries.FindEventAsync(item.EventId, Token);
        Assert.Equal([item.Id, created.Id], detail!.Deliveries.Select(view => view.Id));
        Assert.Equal([DeliveryState.Succeeded, DeliveryState.Pending], detail.Deliveries.Select(view => view.State));
    }

    [Fact]
    public async Task Job_CreatedSteppedAndCompleted_KeepsItsProgress()
    {
        var dead = new[] { await SeedDeadAsync("m1"), await SeedDeadAsync("m2"), await SeedDeadAsync("m3") };
        var create = CreateJob(new DeadLetterFilter { Consumer = "billing/orders", Deliveries = [.. dead.Select(item => item.Id)], From = Start });
        await CommitAsync(create);

        var step = new ReplayCommand { Replays = [Again(dead[0]), Again(dead[1])], Job = create.Job with { Cursor = dead[1].Id, Replayed = 2 } };
        await CommitAsync(step);
        var open = Assert.Single(await Store.Work.ReadOpenReplaysAsync(Token));
        Assert.Equal((create.Job.Id, 2L, dead[1].Id, 3L), (open.Id, open.Replayed, open.Cursor, open.Total));
        Assert.Equal(create.Job.Filter with { Deliveries = null }, open.Filter with { Deliveries = null });
        Assert.Equal(create.Job.Filter.Deliveries, open.Filter.Deliveries);
        Assert.Equal((50, true, "key_1", "mended"), (open.RatePerSecond, open.Force, open.Actor, open.Reason));

        var end = new EndReplayJobCommand { Id = create.Job.Id, State = ReplayState.Completed, At = Start.AddMinutes(1) };
        await CommitAsync(end);
        Assert.True(end.Applied);
        Assert.Empty(await Store.Work.ReadOpenReplaysAsync(Token));
        var found = await Store.Queries.FindReplayAsync(create.Job.Id, Token);
        Assert.Equal((ReplayState.Completed, Start.AddMinutes(1), 2L), (found!.State, found.EndedAt, found.Replayed));
        Assert.Null(await Store.Queries.FindReplayAsync(Ids.Next(), Token));
    }

    [Fact]
    public async Task JobStep_AfterTheJobWasCancelled_ChangesNothing()
    {
        var dead = await SeedDeadAsync("m1");
        var create = CreateJob(new());
        await CommitAsync(create, new SetConsumerStateCommand { Consumer = Orders, DisabledAt = null, DisabledReason = null });
        var cancel = new EndReplayJobCommand { Id = create.Job.Id, State = ReplayState.Cancelled, At = Start };
        var again = new EndReplayJobCommand { Id = create.Job.Id, State = ReplayState.Completed, At = Start };
        await CommitAsync(cancel, again);
        var step = new ReplayCommand { Replays = [Again(dead)], Job = create.Job with { Cursor = dead.Id, Replayed = 1 } };

        await CommitAsync(step);

        Assert.Equal((true, false), (cancel.Applied, again.Applied));
        Assert.Empty(step.Created);
        Assert.Single(await Store.Queries.ListDeadLettersAsync(new(), null, 10, Token));
        var found = await Store.Queries.FindReplayAsync(create.Job.Id, Token);
        Assert.Equal((ReplayState.Cancelled, 0L, RecordId.None), (found!.State, found.Replayed, found.Cursor));
    }

    [Fact]
    public async Task JobStep_WithDeadLettersReplayedMeanwhile_CountsOnlyItsOwn()
    {
        var dead = new[] { await SeedDeadAsync("m1"), await SeedDeadAsync("m2") };
        var create = CreateJob(new());
        await CommitAsync(create);
        await CommitAsync(Replay(dead[0]));

        await CommitAsync(new ReplayCommand { Replays = [Again(dead[0]), Again(dead[1])], Job = create.Job with { Cursor = dead[1].Id, Replayed = 2 } });

        Assert.Equal(1, (await Store.Queries.FindReplayAsync(create.Job.Id, Token))!.Replayed);
    }

    [Fact]
    public async Task Jobs_Listed_AreNewestFirstAndPaged()
    {
        var jobs = new List<RecordId>();
        for (var i = 0; i < 5; i++)
        {
            var create = CreateJob(new());
            await CommitAsync(create);
            jobs.Insert(0, create.Job.Id);
        }

        var first = await Store.Queries.ListReplaysAsync(null, 3, Token);
        var rest = await Store.Queries.ListReplaysAsync(first[^1].Id, 3, Token);

        Assert.Equal(jobs, first.Concat(rest).Select(job => job.Id));
    }

    private static NewReplay Again(WorkItem dead, bool force = false) =>
        new() { EventId = dead.EventId, Consumer = dead.Consumer, OrderingKey = dead.OrderingKey, DeadLetter = dead.Id, Force = force };

    private static ReplayCommand Replay(WorkItem dead, bool force = false) => new() { Replays = [Again(dead, force)] };

    private static CreateReplayJobCommand CreateJob(DeadLetterFilter filter) => new()
    {
        Job = new ReplayJob { Id = RecordId.None, Filter = filter, Total = 3, RatePerSecond = 50, Force = true, Actor = "key_1", Reason = "mended", CreatedAt = Start },
    };

    private async Task<WorkItem> SeedDeadAsync(string messageId)
    {
        var item = (await SeedAsync(messageId, Orders))[0];
        await CommitAsync(GiveUp(item, FailureCategory.Transient));
        return item;
    }
}
