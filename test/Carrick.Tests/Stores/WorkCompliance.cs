using Carrick.Retry;
using Carrick.Storage;
using Carrick.Storage.Commands;
using CsCheck;
using Xunit;

namespace Carrick.Tests.Stores;

public abstract class WorkCompliance<THarness> : StoreTest<THarness>
    where THarness : StoreHarness, new()
{
    [Fact]
    public async Task Complete_OfOutstandingWork_MovesItToTheOutcomesWithItsAttempt()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        var complete = Complete(item);

        await CommitAsync(complete);

        Assert.True(complete.Applied);
        Assert.Empty(await ReadyAsync(Orders));
        Assert.Null(await Store.Work.FindAsync(item.Id, Token));
        var view = await Store.Queries.FindDeliveryAsync(item.Id, Token);
        Assert.Equal((DeliveryState.Succeeded, 1, "billing/orders", Start), (view!.State, view.Attempts, view.Consumer, view.EndedAt));
        Assert.Equal(Attempt(1), Assert.Single(await Store.Queries.ListAttemptsAsync(item.Id, Token)));
    }

    [Fact]
    public async Task Complete_ASecondTime_ChangesNothing()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        var (first, sameBatch, later) = (Complete(item), Complete(item), Complete(item, DeliveryOutcome.Skipped));

        await CommitAsync(first, sameBatch);
        await CommitAsync(later);

        Assert.Equal((true, false, false), (first.Applied, sameBatch.Applied, later.Applied));
        Assert.Single(await Store.Queries.ListAttemptsAsync(item.Id, Token));
        Assert.Equal(DeliveryState.Succeeded, (await Store.Queries.FindDeliveryAsync(item.Id, Token))!.State);
    }

    [Fact]
    public async Task WorkCommands_ForWorkThatIsGoneOrOfAnotherStore_AreNotApplied()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await CommitAsync(Complete(item));
        var foreign = new WorkItem { Id = item.Id with { Low = item.Id.Low ^ 1 }, Consumer = Orders, EventId = item.EventId };
        WorkCommand[] commands = [Retry(item, Start.AddHours(1)), GiveUp(item), Complete(foreign), Retry(foreign, Start), GiveUp(foreign)];

        await CommitAsync([.. commands]);

        Assert.All(commands, command => Assert.False(command.Applied));
        Assert.Equal(new ConsumerDepth(0, 0, 0), await DepthAsync(Orders));
    }

    [Fact]
    public async Task Complete_AsSkipped_WithoutAnAttempt_WritesTheOutcomeOnly()
    {
        var item = (await SeedAsync("m1", Orders))[0];

        await CommitAsync(new CompleteCommand { Item = item, At = Start, Outcome = DeliveryOutcome.Skipped });

        var view = await Store.Queries.FindDeliveryAsync(item.Id, Token);
        Assert.Equal((DeliveryState.Skipped, 0), (view!.State, view.Attempts));
        Assert.Empty(await Store.Queries.ListAttemptsAsync(item.Id, Token));
    }

    [Fact]
    public async Task Complete_WithAVersion_KeepsTheNewestOfEachConsumerAndSubject()
    {
        Assert.Null(await Store.Work.FindVersionAsync(Orders, "cus_1", Token));

        foreach (var (message, subject, version) in new[] { ("m1", "cus_1", 5L), ("m2", "cus_2", long.MinValue), ("m3", "cus_1", 4L), ("m4", "cus_1", 7L), ("m5", "cus_1", 6L) })
        {
            await CommitAsync(Delivered((await SeedAsync(message, Orders))[0], subject, version));
        }

        Assert.Equal(7, await Store.Work.FindVersionAsync(Orders, "cus_1", Token));
        Assert.Equal(long.MinValue, await Store.Work.FindVersionAsync(Orders, "cus_2", Token));
        Assert.Null(await Store.Work.FindVersionAsync(Orders, "CUS_1", Token));
        Assert.Null(await Store.Work.FindVersionAsync(Ledger, "cus_1", Token));
    }

    [Fact]
    public async Task Complete_NotAppliedOrWithoutAVersion_KeepsNone()
    {
        var items = (await SeedAsync("m1", Orders)).Concat(await SeedAsync("m2", Orders)).ToArray();
        await CommitAsync(Complete(items[0]), Complete(items[1]));

        await CommitAsync(Delivered(items[0], "cus_1", 5));

        Assert.Null(await Store.Work.FindVersionAsync(Orders, "cus_1", Token));
    }

    [Fact]
    public async Task Retry_OfOutstandingWork_PutsItOffWithCountersAndAttempt()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        var retry = Retry(item, Start.AddSeconds(30), attempts: 1);

        await CommitAsync(retry);

        Assert.True(retry.Applied);
        Assert.Empty(await ReadyAsync(Orders));
        var found = await Store.Work.FindAsync(item.Id, Token);
        Assert.Equal((Start.AddSeconds(30), 1, 1), (found!.DueAt, found.Attempts, found.Failures));
        var attempt = Assert.Single(await Store.Queries.ListAttemptsAsync(item.Id, Token));
        Assert.Equal(
            (1, FailureCategory.Transient, "connection refused", Start.AddSeconds(30), TimeSpan.FromMicroseconds(1_500)),
            (attempt.Number, attempt.Category, attempt.Error, attempt.NextDueAt, attempt.Duration));
        Assert.Equal(DeliveryState.Retrying, (await Store.Queries.FindDeliveryAsync(item.Id, Token))!.State);
    }

    [Fact]
    public async Task Retry_AtAnyTime_IsNeverDueEarlierThanAskedAndLessThanAMillisecondLater()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        var number = 0;
        await Gen.Long[1, TimeSpan.TicksPerHour].SampleAsync(
            async ticks =>
            {
                var due = Start.AddTicks(ticks);
                await CommitAsync(Retry(item, due, Interlocked.Increment(ref number)));
                var stored = (await Store.Work.FindAsync(item.Id, Token))!.DueAt!.Value;
                Assert.InRange(stored - due, TimeSpan.Zero, TimeSpan.FromMilliseconds(1) - TimeSpan.FromTicks(1));
            },
            iter: 100,
            threads: 1);
    }

    [Fact]
    public async Task Retry_WithAGate_SetsTheGateOfTheConsumerAndNeverLowersIt()
    {
        var items = (await SeedAsync("m1", Orders)).Concat(await SeedAsync("m2", Orders)).ToArray();

        await CommitAsync(Gated(items[0], Start.AddMinutes(5)), Gated(items[1], Start.AddMinutes(1)));

        var catalog = await Store.RegisterAsync([], [], Token);
        Assert.Equal(Start.AddMinutes(5), catalog.Consumers["billing/orders"].GateUntil);
        Assert.Null(catalog.Consumers["billing/ledger"].GateUntil);
    }

    [Fact]
    public async Task Retry_WithAGateOfWorkThatIsGone_SetsTheGateAndNothingElse()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await CommitAsync(new DiscardCommand { Delivery = item.Id, At = Start });
        var (gone, foreign) = (Gated(item, Start.AddMinutes(5)), Gated(new WorkItem { Id = item.Id with { Low = 3 }, Consumer = Ledger, EventId = item.EventId }, Start.AddMinutes(5)));

        await CommitAsync(gone, foreign);

        Assert.Equal((false, false), (gone.Applied, foreign.Applied));
        var catalog = await Store.RegisterAsync([], [], Token);
        Assert.Equal(Start.AddMinutes(5), catalog.Consumers["billing/orders"].GateUntil);
        Assert.Null(catalog.Consumers["billing/ledger"].GateUntil);
        Assert.Equal(default, await DepthAsync(Orders));
    }

    [Fact]
    public async Task DeadLetter_OfOutstandingWork_MovesItWithReasonAndType()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        var give = GiveUp(item);

        await CommitAsync(give);

        Assert.True(give.Applied);
        Assert.Equal(new ConsumerDepth(0, 0, 1), await DepthAsync(Orders));
        var dead = Assert.Single(await Store.Queries.ListDeadLettersAsync(new(), null, 10, Token));
        Assert.Equal(
            (item.Id, item.EventId, DeliveryState.Dead, FailureCategory.Permanent, "400 Bad Request", "invoice.paid", "billing", 1),
            (dead.Id, dead.EventId, dead.State, dead.Category, dead.Reason, dead.Type, dead.Integration, dead.Attempts));
        Assert.Single(await Store.Queries.ListAttemptsAsync(item.Id, Token));
    }

    [Fact]
    public async Task DeadLetter_WithADisableReason_DisablesTheConsumerOnce()
    {
        var items = (await SeedAsync("m1", Orders)).Concat(await SeedAsync("m2", Orders)).ToArray();

        await CommitAsync(Disabling(items[0], "410 Gone"));
        Time.Advance(TimeSpan.FromMinutes(1));
        await CommitAsync(Disabling(items[1], "again"));

        var state = (await Store.RegisterAsync([], [], Token)).Consumers["billing/orders"];
        Assert.Equal((Start, "410 Gone"), (state.DisabledAt, state.DisabledReason));
    }

    [Fact]
    public async Task Commit_OfManyKinds_AppliesAllInTheirOrder()
    {
        var items = await SeedAsync("m1", Orders, Ledger);

        await CommitAsync(Complete(items[0]), Ingest(NewEvent("m2", consumers: Orders)), Retry(items[1], Start.AddSeconds(1)));

        Assert.Equal(new ConsumerDepth(1, 0, 0), await DepthAsync(Orders));
        Assert.Equal(new ConsumerDepth(0, 1, 0), await DepthAsync(Ledger));
    }

    private RetryCommand Gated(WorkItem item, DateTimeOffset gate) =>
        new() { Item = item, At = Time.GetUtcNow(), DueAt = gate, Attempts = 1, Failures = 0, GateUntil = gate };

    private DeadLetterCommand Disabling(WorkItem item, string reason) =>
        new() { Item = item, At = Time.GetUtcNow(), Category = FailureCategory.Gone, Reason = "410", DisableReason = reason };

    private CompleteCommand Delivered(WorkItem item, string subject, long version) =>
        new() { Item = item, At = Time.GetUtcNow(), Outcome = DeliveryOutcome.Succeeded, Attempt = Attempt(1), Delivered = new(subject, version) };
}
