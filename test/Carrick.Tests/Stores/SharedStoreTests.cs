using Carrick.Postgres;
using Carrick.Shards;
using Carrick.Storage;
using Carrick.Storage.Commands;

namespace Carrick.Tests.Stores;

/// <summary>Two nodes on one schema, without engines: what each is told of the other's commits, and how shards change hands.</summary>
public sealed class SharedStoreTests : StoreTest<PostgresHarness>
{
    private PostgresStore _second = null!;

    private PostgresStore First => (PostgresStore)Store;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _second = (PostgresStore)Harness.Create(Time);
        await _second.OpenAsync(Token);
        await _second.RegisterAsync([], [], Token);
        await MoveAsync(First, _second, 0xFFFF_FFFF_0000_0000);
    }

    [Fact]
    public async Task Open_OfASecondNode_TakesNothingFromTheFirst()
    {
        await using var third = (PostgresStore)Harness.Create(Time);

        await third.OpenAsync(Token);

        Assert.Equal(0UL, third.Shards.Owned);
        Assert.Equal(ShardSet.All, First.Shards.Owned | _second.Shards.Owned);
        Assert.Equal(0UL, First.Shards.Owned & _second.Shards.Owned);
        await third.CloseAsync(Token);
    }

    [Fact]
    public async Task Ids_OfTwoNodesThatCommitByTurns_AreInTheOrderOfCommit()
    {
        List<RecordId> ids = [];
        for (var i = 0; i < 20; i++)
        {
            var item = NewEvent($"m{i}", consumers: Orders);
            await CommitAsync(i % 3 == 0 ? _second : First, Ingest(item));
            ids.AddRange([item.Id, item.Work[0].Id]);
        }

        Assert.Equal(ids.Order(), ids);
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public async Task Ids_OfTwoNodesAtOnce_AreUniqueAndEachIsToldOfAllThatIsHandedToIt()
    {
        List<RecordId> told = [];
        async Task<List<NewWork>> SendAsync(PostgresStore store, string name)
        {
            List<NewWork> sent = [];
            for (var i = 0; i < 40; i++)
            {
                var item = NewEvent($"{name}{i}", consumers: Orders);
                item.Work[0].Shard = i % ShardSet.Count;
                sent.AddRange(item.Work);
                await store.CommitAsync([Ingest(item)], Token);
                lock (told)
                {
                    told.AddRange((store.TakeNews()?.Handed ?? []).Select(handed => handed.Id));
                }
            }

            return sent;
        }

        var sent = await Task.WhenAll(SendAsync(First, "a"), SendAsync(_second, "b"));
        foreach (var store in (PostgresStore[])[First, _second])
        {
            await store.CommitAsync([new NewsCommand()], Token);
            told.AddRange((store.TakeNews()?.Handed ?? []).Select(handed => handed.Id));
        }

        var handed = sent[0].Where(work => !First.Shards.Owns(work.Shard!.Value)).Concat(sent[1].Where(work => !_second.Shards.Owns(work.Shard!.Value)));
        Assert.Equal(handed.Select(work => work.Id).Order(), told.Order());
        Assert.Equal(80, sent.SelectMany(all => all).Select(work => work.Id).Distinct().Count());
    }

    [Fact]
    public async Task Ingest_WithoutAShard_StaysWithTheNodeThatReceivesIt()
    {
        for (var i = 0; i < 64; i++)
        {
            var item = NewEvent($"m{i}", consumers: Orders);
            await CommitAsync(_second, Ingest(item));
            Assert.True(_second.Shards.Owns(item.Work[0].Shard!.Value));
        }

        Assert.Null(await NewsAsync(First));
        Assert.Empty(await ReadyAsync(Orders));
        var mine = await _second.Work.ReadReadyAsync(Orders, RecordId.None, 100, Token);
        Assert.Equal(64, mine.Count);
        Assert.Equal(32, mine.Select(item => item.Shard).Distinct().Count());
    }

    [Fact]
    public async Task News_OfWorkInAShardOfAnother_ComeToItsOwnerOnceAndInOrder()
    {
        var (mine, theirs) = (NewEvent("m1", consumers: Orders), NewEvent("m2", subject: "s", consumers: [Orders, Ledger]));
        mine.Work[0].Shard = 3;
        theirs.Work[0].Shard = 40;
        theirs.Work[1].Shard = 63;
        await CommitAsync(First, Ingest(mine, theirs));

        var news = await NewsAsync(_second);

        Assert.Equal(theirs.Work.Select(work => (work.Id, work.Consumer, (int)work.Shard!)), news!.Handed.Select(item => (item.Id, item.Consumer, item.Shard)));
        Assert.All(news.Handed, item => Assert.Equal((theirs.Id, "s"), (item.EventId, item.OrderingKey)));
        Assert.Null(await NewsAsync(_second));
        Assert.Null(await NewsAsync(First));
    }

    [Fact]
    public async Task News_OfACommitThatFailed_ComeWithTheNext()
    {
        var theirs = NewEvent("m1", consumers: Orders);
        theirs.Work[0].Shard = 40;
        await CommitAsync(First, Ingest(theirs));
        var broken = NewEvent("m2");
        await Assert.ThrowsAsync<StoreException>(async () => await CommitAsync(
            _second, Ingest(new NewEvent { Content = broken.Content with { Type = null! }, Integration = broken.Integration, BodyHash = 0, ReceivedAt = Start, Work = [] })));

        Assert.Null(_second.TakeNews());
        Assert.Equal(theirs.Work[0].Id, Assert.Single((await NewsAsync(_second))!.Handed).Id);
    }

    [Fact]
    public async Task News_OfWhatAnOperatorDidElsewhere_ComeToTheOwner()
    {
        var item = NewEvent("m1", consumers: [Orders, Ledger, Mail]);
        (item.Work[0].Shard, item.Work[1].Shard, item.Work[2].Shard) = (40, 41, 42);
        await CommitAsync(_second, Ingest(item));
        var work = (await _second.Work.ReadReadyAsync(Orders, RecordId.None, 9, Token))[0];
        var dead = (await _second.Work.ReadReadyAsync(Mail, RecordId.None, 9, Token))[0];
        await CommitAsync(_second, Retry(work, Start.AddHours(1)), GiveUp(dead));
        await NewsAsync(First);

        await CommitAsync(First, new RequeueCommand { Delivery = work.Id });
        await CommitAsync(First, new DiscardCommand { Delivery = item.Work[1].Id, At = Start });
        await CommitAsync(First, new DiscardCommand { Delivery = dead.Id, At = Start });
        await CommitAsync(First, new SetConsumerStateCommand { Consumer = Ledger, DisabledAt = Start, DisabledReason = "off" });
        var news = (await NewsAsync(_second))!;

        Assert.Equal([ChangeKind.Requeued, ChangeKind.Discarded, ChangeKind.DeadLeft, ChangeKind.Consumer], news.Changes.Select(change => change.Kind));
        Assert.Equal((work.Id, Start.AddHours(1), 1, 40), (news.Changes[0].Was!.Id, news.Changes[0].Was!.DueAt!.Value, news.Changes[0].Was!.Attempts, news.Changes[0].Was!.Shard));
        Assert.Equal((item.Work[1].Id, Ledger), (news.Changes[1].Was!.Id, news.Changes[1].Consumer));
        Assert.Equal((Mail, 1), (news.Changes[2].Consumer, news.Changes[2].Count));
        Assert.Equal((Ledger, "off"), (news.Changes[3].State!.Number, news.Changes[3].State!.DisabledReason));
        Assert.Null(await NewsAsync(First));
    }

    [Fact]
    public async Task News_OfADeliveryThatWasGoneBeforeItsOwnerKnewIt_AreNone()
    {
        var item = NewEvent("m1", consumers: Orders);
        item.Work[0].Shard = 40;
        await CommitAsync(First, Ingest(item));
        await CommitAsync(First, new DiscardCommand { Delivery = item.Work[0].Id, At = Start });

        Assert.Null(await NewsAsync(_second));
    }

    [Fact]
    public async Task News_OfNewNames_MakeThemReadable()
    {
        var catalog = await First.RegisterAsync(["later"], ["later/on"], Token);
        var item = NewEvent("m1", consumers: catalog.Consumers["later/on"].Number);
        await CommitAsync(First, Ingest(item));

        await NewsAsync(_second);

        var detail = await _second.Queries.FindEventAsync(item.Id, Token);
        Assert.Equal("later/on", Assert.Single(detail!.Deliveries).Consumer);
    }

    [Fact]
    public async Task Acquire_OfShardsOfALiveNode_TakesNothing()
    {
        var acquire = new AcquireShardsCommand { Fence = [First.Node], Take = ShardSet.All, Recover = ShardSet.All };
        await CommitAsync(_second, acquire);

        Assert.Equal((0UL, 0), (acquire.Taken, acquire.Fenced.Count));
        await CommitAsync(First, Ingest(NewEvent("m1")));
    }

    [Fact]
    public async Task Acquire_OfShardsOfADeadNode_CountsWhatIsInThemAndKeepsItFromWriting()
    {
        var (a, b) = (NewEvent("m1", consumers: [Orders, Ledger]), NewEvent("m2", consumers: Orders));
        await CommitAsync(First, Ingest(a, b));
        var items = await ReadyAsync(Orders);
        await CommitAsync(First, Retry(items[0], Start.AddHours(1)), GiveUp(items[1]));
        AcquireShardsCommand acquire;
        do
        {
            // It is alive, and may renew its lease in between.
            Harness.Scalar($"UPDATE ~nodes SET expires_at = now() - interval '1 second' WHERE id = {First.Node} RETURNING id");
            acquire = new AcquireShardsCommand { Fence = [First.Node], Take = First.Shards.Owned, Recover = 0 };
            await CommitAsync(_second, acquire);
        }
        while (acquire.Taken == 0);

        Assert.Equal((First.Shards.Owned, First.Node), (acquire.Taken, Assert.Single(acquire.Fenced)));
        Assert.Equal(new ConsumerDepth(0, 1, 1), acquire.Depths[Orders]);
        Assert.Equal(new ConsumerDepth(1, 0, 0), acquire.Depths[Ledger]);
        Assert.Equal(3, acquire.States.Count);
        var refused = await Assert.ThrowsAsync<StoreException>(async () => await CommitAsync(First, Ingest(NewEvent("m3"))));
        Assert.Equal(StoreFailure.Taken, refused.Failure);
    }

    [Fact]
    public async Task Release_CountsWhatIsInTheShards_AndTheNextOwnerCountsTheSame()
    {
        for (var i = 0; i < 32; i++)
        {
            await CommitAsync(First, Ingest(NewEvent($"m{i}", consumers: Orders)));
        }

        var release = new ReleaseShardsCommand { Shards = 0xFF };
        await CommitAsync(First, release, Ingest(NewEvent("later", consumers: Orders)));
        First.Shards.Remove(0xFF);
        var acquire = new AcquireShardsCommand { Fence = [], Take = 0xFF, Recover = 0 };
        await CommitAsync(_second, acquire);

        Assert.Equal(0xFFUL, acquire.Taken);
        Assert.Equal(8, release.Depths[Orders].Ready);
        Assert.InRange(acquire.Depths[Orders].Ready, 8, 9);
    }

    [Fact]
    public async Task Complete_InAShardThatIsNotItsOwn_IsStillFencedByTheRowAlone()
    {
        var item = NewEvent("m1", consumers: Orders);
        item.Work[0].Shard = 1;
        await CommitAsync(First, Ingest(item));
        var work = Assert.Single(await ReadyAsync(Orders));
        var complete = Complete(work);
        await CommitAsync(First, complete);
        var again = Complete(work);
        await CommitAsync(_second, again);

        Assert.Equal((true, false), (complete.Applied, again.Applied));
    }

    [Fact]
    public async Task Close_GivesTheShardsBackAndTheNextNodeTakesThemAtOnce()
    {
        var mine = _second.Shards.Owned;
        await _second.CloseAsync(Token);

        await using var third = (PostgresStore)Harness.Create(Time);
        await third.OpenAsync(Token);

        Assert.Equal(mine, third.Shards.Owned);
        Assert.Equal([First.Node, third.Node], (await First.ReadNodesAsync(Token)).Nodes.Select(node => node.Id));
        await third.CloseAsync(Token);
    }

    private static async Task CommitAsync(PostgresStore store, params StoreCommand[] commands) => await store.CommitAsync(commands, Token);

    private static async Task<News?> NewsAsync(PostgresStore store)
    {
        await store.CommitAsync([new NewsCommand()], Token);
        return store.TakeNews();
    }

    private static async Task MoveAsync(PostgresStore from, PostgresStore to, ulong shards)
    {
        await CommitAsync(from, new ReleaseShardsCommand { Shards = shards });
        from.Shards.Remove(shards);
        var acquire = new AcquireShardsCommand { Fence = [], Take = shards, Recover = 0 };
        await CommitAsync(to, acquire);
        to.Shards.Add(acquire.Taken);
        from.TakeNews();
        to.TakeNews();
    }
}
