using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using Xunit;

namespace Carrick.Tests.Stores;

public abstract class QueryCompliance<THarness> : StoreTest<THarness>
    where THarness : StoreHarness, new()
{
    [Fact]
    public async Task ListEvents_PageByPage_ReturnsAllOnceNewestFirst()
    {
        var events = Enumerable.Range(0, 23).Select(i => NewEvent($"m{i}")).ToArray();
        await CommitAsync(Ingest(events));

        var read = new List<RecordId>();
        while (await Store.Queries.ListEventsAsync(new(), read is [.., var last] ? last : null, 5, Token) is [_, ..] page)
        {
            read.AddRange(page.Select(item => item.Id));
        }

        Assert.Equal(events.Select(item => item.Id).Reverse(), read);
    }

    [Fact]
    public async Task ListEvents_ByEachField_ReturnsTheMatchesOnly()
    {
        var first = NewEvent("m1", subject: "s1");
        await CommitAsync(Ingest(first));
        Time.Advance(TimeSpan.FromHours(1));
        var second = NewEvent("m2", type: "invoice.void");
        await CommitAsync(Ingest(second));
        Time.Advance(TimeSpan.FromHours(1));
        var third = NewEvent("m1", integration: "crm");
        await CommitAsync(Ingest(third));

        Assert.Equal([second.Id, first.Id], await ListAsync(new(Integration: "billing")));
        Assert.Equal([second.Id], await ListAsync(new(Type: "invoice.void")));
        Assert.Equal([third.Id, first.Id], await ListAsync(new(MessageId: "m1")));
        Assert.Equal([first.Id], await ListAsync(new(Integration: "billing", MessageId: "m1")));
        Assert.Equal([first.Id], await ListAsync(new(Subject: "s1")));
        Assert.Equal([third.Id, second.Id], await ListAsync(new(From: Start.AddHours(1))));
        Assert.Equal([first.Id], await ListAsync(new(To: Start.AddHours(1))));
        Assert.Equal([third.Id], await ListAsync(new(From: Start.AddHours(1).AddTicks(1))));
        Assert.Empty(await ListAsync(new(Integration: "unknown")));
        Assert.Empty(await ListAsync(new(MessageId: "unknown")));
        Assert.Empty(await ListAsync(new(Integration: "crm", Type: "invoice.void")));
    }

    [Fact]
    public async Task FindEvent_OfUnknownIds_IsNull()
    {
        var item = NewEvent("m1");
        await CommitAsync(Ingest(item));

        Assert.Null(await Store.Queries.FindEventAsync(Ids.Next(), Token));
        Assert.Null(await Store.Queries.FindEventAsync(item.Id with { Low = 0 }, Token));
        Assert.Empty((await Store.Queries.FindEventAsync(item.Id, Token))!.Deliveries);
    }

    [Fact]
    public async Task ListDeliveries_ByState_FindsEachWhereItIs()
    {
        var ids = await SeedEveryStateAsync();

        foreach (var (state, id) in ids)
        {
            var view = Assert.Single(await Store.Queries.ListDeliveriesAsync(new(State: state), null, 10, Token));
            Assert.Equal((state, id), (view.State, view.Id));
            Assert.Equal(state, (await Store.Queries.FindDeliveryAsync(id, Token))!.State);
        }

        var running = await Store.Queries.ListDeliveriesAsync(new(State: DeliveryState.Running), null, 10, Token);
        Assert.Equal([ids[DeliveryState.Retrying], ids[DeliveryState.Pending]], running.Select(view => view.Id));
    }

    [Fact]
    public async Task ListDeliveries_PageByPage_ReturnsAllStatesNewestFirst()
    {
        var ids = await SeedEveryStateAsync();

        var read = new List<RecordId>();
        while (await Store.Queries.ListDeliveriesAsync(new(), read is [.., var last] ? last : null, 2, Token) is [_, ..] page)
        {
            Assert.InRange(page.Count, 1, 2);
            read.AddRange(page.Select(view => view.Id));
        }

        Assert.Equal(ids.Values.OrderDescending(), read);
    }

    [Fact]
    public async Task ListDeliveries_ByConsumerIntegrationAndEvent_ReturnsTheMatchesOnly()
    {
        var both = NewEvent("m1", consumers: [Orders, Ledger]);
        var crm = NewEvent("m2", integration: "crm", consumers: Mail);
        await CommitAsync(Ingest(both, crm));
        await CommitAsync(Complete(ItemsOf(both)[1]), GiveUp(ItemsOf(crm)[0]));

        Assert.Equal([both.Work[0].Id], await ListAsync(new DeliveryFilter(Consumer: "billing/orders")));
        Assert.Equal([both.Work[1].Id, both.Work[0].Id], await ListAsync(new DeliveryFilter(Integration: "billing")));
        Assert.Equal([crm.Work[0].Id], await ListAsync(new DeliveryFilter(Integration: "crm")));
        Assert.Equal([both.Work[1].Id, both.Work[0].Id], await ListAsync(new DeliveryFilter(EventId: both.Id)));
        Assert.Equal([both.Work[1].Id], await ListAsync(new DeliveryFilter(DeliveryState.Succeeded, EventId: both.Id)));
        Assert.Equal([both.Work[0].Id], await ListAsync(new DeliveryFilter(EventId: both.Id), both.Work[1].Id));
        Assert.Empty(await ListAsync(new DeliveryFilter(Consumer: "unknown")));
        Assert.Empty(await ListAsync(new DeliveryFilter(Integration: "unknown")));
        Assert.Empty(await ListAsync(new DeliveryFilter(EventId: Ids.Next())));
    }

    [Fact]
    public async Task DeadLetters_ByEachField_AreReadListedAndCountedAlike()
    {
        var first = await DeadAsync("m1", FailureCategory.Permanent, Orders);
        Time.Advance(TimeSpan.FromHours(1));
        var second = await DeadAsync("m2", FailureCategory.Transient, Ledger);
        var other = NewEvent("m3", integration: "crm", type: "contact.new", consumers: Mail);
        await CommitAsync(Ingest(other));
        await CommitAsync(GiveUp(ItemsOf(other)[0]));
        var third = other.Work[0].Id;

        await ExpectAsync(new(), first, second, third);
        await ExpectAsync(new() { Consumer = "billing/ledger" }, second);
        await ExpectAsync(new() { Integration = "billing" }, first, second);
        await ExpectAsync(new() { Type = "contact.new" }, third);
        await ExpectAsync(new() { Category = FailureCategory.Permanent }, first, third);
        await ExpectAsync(new() { From = Start.AddHours(1) }, second, third);
        await ExpectAsync(new() { To = Start.AddHours(1) }, first);
        await ExpectAsync(new() { Deliveries = [third, first, Ids.Next(), first with { Low = 1 }] }, first, third);
        await ExpectAsync(new() { Deliveries = [] });
        await ExpectAsync(new() { Consumer = "unknown" });

        Assert.Equal([second], (await Store.Queries.ReadDeadLettersAsync(new(), first, second, 10, Token)).Select(view => view.Id));
        Assert.Equal([first, second], (await Store.Queries.ReadDeadLettersAsync(new(), null, null, 2, Token)).Select(view => view.Id));
        Assert.Equal([second, first], (await Store.Queries.ListDeadLettersAsync(new(), third, 10, Token)).Select(view => view.Id));
    }

    [Fact]
    public async Task Queries_AfterACancelledToken_Throw() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Store.Queries.ListEventsAsync(new(), null, 10, new CancellationToken(canceled: true)));

    private async Task<Dictionary<DeliveryState, RecordId>> SeedEveryStateAsync()
    {
        var events = Enumerable.Range(0, 6).Select(i => NewEvent($"m{i}", consumers: i % 2 == 0 ? Orders : Ledger)).ToArray();
        await CommitAsync(Ingest(events));
        var items = events.Select(item => ItemsOf(item)[0]).ToArray();
        await CommitAsync(
            Retry(items[1], Start.AddHours(1)),
            Complete(items[2]),
            GiveUp(items[3]),
            new DiscardCommand { Delivery = items[4].Id, At = Start },
            Complete(items[5], DeliveryOutcome.Skipped));
        DeliveryState[] states =
            [DeliveryState.Pending, DeliveryState.Retrying, DeliveryState.Succeeded, DeliveryState.Dead, DeliveryState.Discarded, DeliveryState.Skipped];
        return states.Zip(items).ToDictionary(pair => pair.First, pair => pair.Second.Id);
    }

    private async Task<RecordId> DeadAsync(string messageId, FailureCategory category, int consumer)
    {
        var item = (await SeedAsync(messageId, consumer))[0];
        await CommitAsync(GiveUp(item, category));
        return item.Id;
    }

    private async Task ExpectAsync(DeadLetterFilter filter, params RecordId[] expected)
    {
        Assert.Equal(expected, (await Store.Queries.ReadDeadLettersAsync(filter, null, null, 10, Token)).Select(view => view.Id));
        Assert.Equal(expected.Reverse(), (await Store.Queries.ListDeadLettersAsync(filter, null, 10, Token)).Select(view => view.Id));
        Assert.Equal(expected.Length, await Store.Queries.CountDeadLettersAsync(filter, Token));
    }

    private async Task<IEnumerable<RecordId>> ListAsync(EventFilter filter) =>
        (await Store.Queries.ListEventsAsync(filter, null, 10, Token)).Select(item => item.Id);

    private async Task<IEnumerable<RecordId>> ListAsync(DeliveryFilter filter, RecordId? before = null) =>
        (await Store.Queries.ListDeliveriesAsync(filter, before, 10, Token)).Select(view => view.Id);
}
