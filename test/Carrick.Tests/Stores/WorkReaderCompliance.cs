using Carrick.Storage;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Stores;

public abstract class WorkReaderCompliance<THarness> : StoreTest<THarness>
    where THarness : StoreHarness, new()
{
    [Fact]
    public async Task ReadReady_PageByPage_ReturnsAllOnceInOrderOfCommit()
    {
        var expected = new List<RecordId>();
        for (var batch = 0; batch < 10; batch++)
        {
            var events = Enumerable.Range(0, 7).Select(i => NewEvent($"{batch}-{i}", consumers: [Orders, Ledger])).ToArray();
            await CommitAsync(Ingest(events));
            expected.AddRange(events.Select(item => item.Work[0].Id));
        }

        var read = new List<RecordId>();
        while (await Store.Work.ReadReadyAsync(Orders, read.LastOrDefault(), 9, Token) is [_, ..] page)
        {
            Assert.InRange(page.Count, 1, 9);
            read.AddRange(page.Select(item => item.Id));
        }

        Assert.Equal(expected, read);
    }

    [Fact]
    public async Task ReadDelayed_PageByPage_ReturnsSoonestFirstAndBreaksTiesById()
    {
        var due = new Dictionary<RecordId, DateTimeOffset>();
        for (var i = 0; i < 30; i++)
        {
            var item = (await SeedAsync($"m{i}", Orders))[0];
            due[item.Id] = Start.AddSeconds(i * 7 % 5);
            await CommitAsync(Retry(item, due[item.Id]));
        }

        await SeedAsync("ready", Orders);
        var read = new List<WorkItem>();
        while (await Store.Work.ReadDelayedAsync(
            Orders, read.LastOrDefault()?.DueAt ?? DateTimeOffset.MinValue, read.LastOrDefault()?.Id ?? RecordId.None, 4, Token) is [_, ..] page)
        {
            read.AddRange(page);
        }

        Assert.Equal(due.OrderBy(pair => pair.Value).ThenBy(pair => pair.Key).Select(pair => pair.Key), read.Select(item => item.Id));
    }

    [Fact]
    public async Task ReadKey_ReturnsTheKeyOnlyDelayedOrNotInOrderOfCommit()
    {
        var events = Enumerable.Range(0, 12).Select(i => NewEvent($"m{i}", subject: i % 3 == 0 ? null : $"s{i % 3}", consumers: [Orders, Ledger])).ToArray();
        await CommitAsync(Ingest(events));
        await CommitAsync(Retry(ItemsOf(events[1])[0], Start.AddHours(1)));

        var first = await Store.Work.ReadKeyAsync(Orders, "s1", RecordId.None, 2, Token);
        var rest = await Store.Work.ReadKeyAsync(Orders, "s1", first[^1].Id, 10, Token);

        Assert.Equal(
            new[] { 1, 4, 7, 10 }.Select(i => events[i].Work[0].Id),
            first.Concat(rest).Select(item => item.Id));
        Assert.Equal(Start.AddHours(1), first[0].DueAt);
    }

    [Fact]
    public async Task Find_OfUnknownForeignAndEmptyIds_IsNull()
    {
        var item = (await SeedAsync("m1", Mail))[0];

        Assert.Equal(Mail, (await Store.Work.FindAsync(item.Id, Token))!.Consumer);
        Assert.Null(await Store.Work.FindAsync(Ids.Next(), Token));
        Assert.Null(await Store.Work.FindAsync(item.Id with { Low = item.Id.Low + 1 }, Token));
        Assert.Null(await Store.Work.FindAsync(RecordId.None, Token));
        Assert.Null(await Store.Work.FindAsync(new RecordId(ulong.MaxValue, ulong.MaxValue), Token));
    }

    [Fact]
    public async Task ReadEvents_LeavesOutWhatIsGoneOrForeign()
    {
        var item = (await SeedAsync("m1", Orders))[0];

        var read = await Store.Work.ReadEventsAsync([Ids.Next(), item.EventId, item.EventId with { Low = 1 }], Token);

        Assert.Equal(item.EventId, Assert.Single(read).Id);
        Assert.Empty(await Store.Work.ReadEventsAsync([], Token));
    }

    [Fact]
    public async Task Count_AfterAnyHistory_EqualsTheLists() => await Gen.Int[0, 4].Array[1, 30].SampleAsync(
        async steps =>
        {
            foreach (var step in steps)
            {
                var ready = await ReadyAsync(Orders);
                switch (step)
                {
                    case 0 or 1: await SeedAsync(Ids.Next().ToString(), Orders); break;
                    case 2 when ready.Count > 0: await CommitAsync(Complete(ready[0])); break;
                    case 3 when ready.Count > 0: await CommitAsync(Retry(ready[0], Start.AddDays(1))); break;
                    case 4 when ready.Count > 0: await CommitAsync(GiveUp(ready[0])); break;
                }
            }

            var delayed = await Store.Work.ReadDelayedAsync(Orders, DateTimeOffset.MinValue, RecordId.None, 10_000, Token);
            var dead = await Store.Queries.CountDeadLettersAsync(new() { Consumer = "billing/orders" }, Token);
            var expected = new ConsumerDepth((await ReadyAsync(Orders)).Count, delayed.Count, dead);
            Assert.Equal(expected, await DepthAsync(Orders));
        },
        iter: 20,
        threads: 1);

    [Fact]
    public async Task Reads_FromManyThreadsDuringCommits_SeeEveryCommitThatReturned()
    {
        var written = 0;
        var readers = Enumerable.Range(0, 8).Select(_ => Task.Run(
            async () =>
            {
                int seen;
                do
                {
                    var before = Volatile.Read(ref written);
                    seen = (await ReadyAsync(Orders)).Count;
                    Assert.True(seen >= before, $"{seen} seen after {before} were written");
                }
                while (seen < 50);
            },
            Token)).ToArray();

        for (var i = 0; i < 50; i++)
        {
            await SeedAsync($"m{i}", Orders);
            Volatile.Write(ref written, i + 1);
        }

        await Task.WhenAll(readers).WaitAsync(TimeSpan.FromSeconds(30), Token);
    }
}
