using Carrick.Storage;
using Carrick.Storage.Commands;
using Carrick.Storage.Search;
using Xunit;

namespace Carrick.Tests.Stores;

/// <summary>Searches find the same with blocks and without, and blocks spare them most of the rows.</summary>
public abstract class SearchCompliance<THarness> : StoreTest<THarness>
    where THarness : StoreHarness, new()
{
    private const int Events = 7_000;

    [Fact]
    public async Task ListEvents_WithEveryFilter_FindsTheSameWithBlocks()
    {
        var events = await SeedEventsAsync();
        EventFilter[] filters =
        [
            new(), new(Type: "rare"), new(Type: "nothing"), new(Subject: "customer 4711"), new(Subject: "nobody"), new(Subject: "half a pair \ud800"), new(Integration: "crm"),
            new(Integration: "crm", Type: "contact.rare"), new(Integration: "billing", Type: "contact.rare"), new(Type: "rare", Subject: "customer 4711"),
            new(From: Start.AddMinutes(30)), new(To: Start.AddMinutes(3)), new(From: Start.AddMinutes(2), To: Start.AddMinutes(4)), new(Type: "rare", To: Start.AddMinutes(40)),
        ];
        var before = await Task.WhenAll(filters.Select(PagesAsync));

        Assert.InRange(await SealAsync(BlockKind.Events), Events / SearchBlock.EventRows, Events / SearchBlock.EventRows);

        foreach (var (filter, expected) in filters.Zip(before))
        {
            Assert.Equal(expected, await PagesAsync(filter));
            Assert.Equal(events.Where(item => Matches(item, filter)).Select(item => item.Id).OrderDescending(), expected);
        }
    }

    [Fact]
    public async Task ListEvents_OfWhatIsNowhere_ReadsHardlyAnyRow()
    {
        await SeedEventsAsync();
        await SealAsync(BlockKind.Events);
        var before = Store.Statistics.Reads;

        Assert.Empty(await Store.Queries.ListEventsAsync(new(Type: "nothing"), null, 10, Token));

        // The newest window, the blocks, what has no block yet, and where the blocks end.
        Assert.InRange(Store.Statistics.Reads - before, 1, Harness.IsShared ? 20 : 9);
    }

    [Fact]
    public async Task ListEvents_AfterTheClockWasSetBack_FindsThemByTheirTime()
    {
        await CommitAsync(Ingest([.. Enumerable.Range(0, SearchBlock.EventRows).Select(i => NewEvent($"a{i}"))]));
        Time.AdjustTime(Start.AddDays(-30));
        var late = NewEvent("late");
        await CommitAsync(Ingest([late, .. Enumerable.Range(0, SearchBlock.EventRows).Select(i => NewEvent($"b{i}"))]));
        await SealAsync(BlockKind.Events);

        Assert.Equal(SearchBlock.EventRows + 1, (await PagesAsync(new(To: Start.AddDays(-1)))).Count);
        Assert.Equal(SearchBlock.EventRows, (await PagesAsync(new(From: Start.AddDays(-1)))).Count);
    }

    [Fact]
    public async Task ListDeliveries_WithEveryFilter_FindsTheSameWithBlocks()
    {
        var events = new List<NewEvent>();
        for (var i = 0; i < 10; i++)
        {
            NewEvent[] some =
            [
                .. Enumerable.Range(0, 500).Select(n => NewEvent($"m{i}.{n}", consumers: Orders)),
                NewEvent($"mail{i}", integration: "crm", consumers: Mail), NewEvent($"both{i}", consumers: [Orders, Ledger]),
            ];
            await CommitAsync(Ingest(some));
            events.AddRange(some);
        }

        // Of every kind some, and some that are outstanding yet when their block is made, and end then.
        var all = events.SelectMany(ItemsOf).ToArray();
        await CommitAsync([.. all.Where((_, i) => i % 7 < 4).Select(item => (StoreCommand)Complete(item))]);
        await CommitAsync([.. all.Where((_, i) => i % 7 == 4).Select(item => GiveUp(item))]);
        await CommitAsync([.. all.Where((item, i) => i % 7 == 5 && item.Consumer == Orders).Select(item => Retry(item, Time.GetUtcNow().AddHours(1)))]);
        Assert.Equal(1, await SealAsync(BlockKind.Deliveries));
        await CommitAsync([.. all.Where((_, i) => i % 70 == 6).Select(item => Complete(item, DeliveryOutcome.Skipped))]);
        await CommitAsync([.. all.Where((_, i) => i % 70 == 13).Select(item => new DiscardCommand { Delivery = item.Id, At = Time.GetUtcNow() })]);

        var stored = await DeliveriesAsync(new());
        Assert.Equal(all.Select(item => item.Id).OrderDescending(), stored.Select(view => view.Id));
        foreach (var state in Enum.GetValues<DeliveryState>().Select(state => (DeliveryState?)state).Prepend(null))
        {
            foreach (var (consumer, integration) in new[] { (null, null), ("billing/ledger", null), ("crm/mail", null), (null, "crm"), ("billing/orders", "crm"), ("none", null), (null, "none") })
            {
                var filter = new DeliveryFilter(state, consumer, integration);
                Assert.Equal(stored.Where(filter.Matches).Select(view => view.Id), (await DeliveriesAsync(filter)).Select(view => view.Id));
            }
        }
    }

    [Fact]
    public async Task ReadNextBlock_BehindTheLastOne_HasNoGap()
    {
        await SeedEventsAsync();

        var (blocks, next) = (new List<SearchBlock>(), (SearchBlock?)null);
        while ((next = await ((IStoreUpkeep)Store).ReadNextBlockAsync(BlockKind.Events, Token)) is not null)
        {
            blocks.Add(next);
            // One that is there stays, so that it does not matter when two nodes make it.
            await CommitAsync(new SealBlockCommand { Block = next }, new SealBlockCommand { Block = next with { Words = [1] } });
        }

        Assert.Equal(blocks.Select(block => block.To).SkipLast(1).Prepend(0), blocks.Select(block => block.From));
        Assert.Null(await ((IStoreUpkeep)Store).ReadNextBlockAsync(BlockKind.Deliveries, Token));
    }

    [Fact]
    public async Task Retention_OfBlocks_GoesWithTheirEvents_AndWhatIsHeldIsFound()
    {
        var held = NewEvent("held", type: "rare", consumers: Orders);
        await CommitAsync(Ingest([held, .. Enumerable.Range(0, 2 * SearchBlock.EventRows).Select(i => NewEvent($"m{i}"))]));
        await SealAsync(BlockKind.Events);
        Time.Advance(TimeSpan.FromDays(40));
        await CommitAsync(Ingest([.. Enumerable.Range(0, SearchBlock.EventRows + 10).Select(i => NewEvent($"young{i}"))]));
        await SealAsync(BlockKind.Events);

        RetentionCommand retain;
        do
        {
            retain = new() { EventsBefore = Time.GetUtcNow().AddDays(-30), KeysBefore = Time.GetUtcNow().AddDays(-30), DeadLettersBefore = Time.GetUtcNow().AddDays(-90), Limit = 500 };
            await CommitAsync(retain);
        }
        while (retain.More);

        Assert.Equal(held.Id, Assert.Single(await PagesAsync(new(Type: "rare"))));
        Assert.Equal(SearchBlock.EventRows + 11, (await PagesAsync(new())).Count);
        Assert.Equal(1, await BlocksAsync());
    }

    /// <summary>How many blocks of events are stored.</summary>
    protected abstract Task<long> BlocksAsync();

    private async Task<IReadOnlyList<NewEvent>> SeedEventsAsync()
    {
        var events = new List<NewEvent>();
        for (var i = 0; i < Events; i++)
        {
            events.Add(i switch
            {
                1_234 => NewEvent($"m{i}", type: "rare", subject: "half a pair \ud800"),
                3_210 => NewEvent($"m{i}", type: "rare", subject: "customer 4711"),
                6_990 => NewEvent($"m{i}", integration: "crm", type: "contact.rare"),
                _ when i % 10 == 0 => NewEvent($"m{i}", integration: "crm", type: "contact.changed", subject: $"customer {i}"),
                _ => NewEvent($"m{i}", subject: $"customer {i}"),
            });
            if (i % 500 == 499)
            {
                await CommitAsync(Ingest([.. events.TakeLast(500)]));
                Time.Advance(TimeSpan.FromMinutes(1));
            }
        }

        return events;
    }

    private async Task<int> SealAsync(BlockKind kind)
    {
        var blocks = 0;
        while (await ((IStoreUpkeep)Store).ReadNextBlockAsync(kind, Token) is { } block)
        {
            await CommitAsync(new SealBlockCommand { Block = block });
            blocks++;
        }

        return blocks;
    }

    private async Task<IReadOnlyList<RecordId>> PagesAsync(EventFilter filter)
    {
        var (found, next) = (new List<RecordId>(), (RecordId?)null);
        do
        {
            var page = await Store.Queries.ListEventsAsync(filter, next, 300, Token);
            found.AddRange(page.Select(item => item.Id));
            next = page.Next;
        }
        while (next is not null);
        return found;
    }

    private async Task<IReadOnlyList<DeliveryView>> DeliveriesAsync(DeliveryFilter filter)
    {
        var (found, next) = (new List<DeliveryView>(), (RecordId?)null);
        do
        {
            var page = await Store.Queries.ListDeliveriesAsync(filter, next, 300, Token);
            found.AddRange(page);
            next = page.Next;
        }
        while (next is not null);
        return found;
    }

    // Half a pair is no text in any database, and comes back as U+FFFD.
    private static bool Matches(NewEvent item, EventFilter filter) =>
        (filter.Integration is null || item.Content.Integration == filter.Integration)
        && (filter.Type is null || item.Content.Type == filter.Type)
        && (filter.Subject is null || item.Content.Subject == filter.Subject)
        && (filter.From is not { } from || item.ReceivedAt >= from)
        && (filter.To is not { } to || item.ReceivedAt < to);
}

public sealed class SqliteSearchCompliance : SearchCompliance<SqliteHarness>
{
    protected override Task<long> BlocksAsync() => Task.FromResult((long)Harness.Scalar("SELECT count(*) FROM event_blocks")!);
}

public sealed class PostgresSearchCompliance : SearchCompliance<PostgresHarness>
{
    protected override Task<long> BlocksAsync() => Task.FromResult((long)Harness.Scalar("SELECT count(*) FROM ~event_blocks")!);
}
