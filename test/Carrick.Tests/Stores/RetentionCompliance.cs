using Carrick.Storage;
using Carrick.Storage.Commands;
using Xunit;

namespace Carrick.Tests.Stores;

public abstract class RetentionCompliance<THarness> : StoreTest<THarness>
    where THarness : StoreHarness, new()
{
    [Fact]
    public async Task Retention_OfFinishedDeliveries_DeletesEventsOutcomesAttemptsAndKeys()
    {
        var old = (await SeedAsync("old", Orders))[0];
        await CommitAsync(Complete(old));
        Time.Advance(TimeSpan.FromDays(31));
        var young = (await SeedAsync("young", Orders))[0];
        await CommitAsync(Complete(young));

        var command = Retain();
        await CommitAsync(command);

        Assert.False(command.More);
        Assert.Equal(4, command.Deleted);
        Assert.Null(await Store.Queries.FindEventAsync(old.EventId, Token));
        Assert.Null(await Store.Queries.FindDeliveryAsync(old.Id, Token));
        Assert.Empty(await Store.Queries.ListAttemptsAsync(old.Id, Token));
        Assert.NotNull(await Store.Queries.FindEventAsync(young.EventId, Token));
        Assert.Single(await Store.Queries.ListAttemptsAsync(young.Id, Token));
        var again = NewEvent("old");
        await CommitAsync(Ingest(again));
        Assert.False(again.Result.Duplicate);
    }

    [Fact]
    public async Task Retention_NeverDeletesAnEventWithOutstandingWorkOrADeadLetter()
    {
        var waiting = (await SeedAsync("waiting", Orders, Ledger))[0];
        await CommitAsync(Complete(waiting));
        var dead = (await SeedAsync("dead", Orders))[0];
        await CommitAsync(GiveUp(dead));
        var replayed = (await SeedAsync("replayed", Mail))[0];
        await CommitAsync(Complete(replayed));
        Time.Advance(TimeSpan.FromDays(31));
        await CommitAsync(new ReplayCommand { Replays = [new NewReplay { EventId = replayed.EventId, Consumer = Mail }] });

        await CommitAsync(Retain());

        Assert.Equal(3, (await Store.Work.ReadEventsAsync([waiting.EventId, dead.EventId, replayed.EventId], Token)).Count);
        Assert.Single(await ReadyAsync(Ledger));
        Assert.Single(await Store.Queries.ListAttemptsAsync(dead.Id, Token));
    }

    [Fact]
    public async Task Retention_OfAHeldEvent_DeletesItOnceItIsFree()
    {
        var dead = (await SeedAsync("dead", Orders))[0];
        await CommitAsync(GiveUp(dead));
        Time.Advance(TimeSpan.FromDays(31));
        await CommitAsync(Retain());
        await CommitAsync(new DiscardCommand { Delivery = dead.Id, At = Time.GetUtcNow() });

        await CommitAsync(Retain());

        Assert.Null(await Store.Queries.FindEventAsync(dead.EventId, Token));
        Assert.Equal(DeliveryState.Discarded, (await Store.Queries.FindDeliveryAsync(dead.Id, Token))!.State);
    }

    [Fact]
    public async Task Retention_OfOldDeadLetters_DeletesThemWithWhatTheyHold()
    {
        var dead = (await SeedAsync("dead", Orders))[0];
        var mail = (await SeedAsync("mail", Mail))[0];
        var replayed = (await SeedAsync("replayed", Orders))[0];
        await CommitAsync(GiveUp(dead), GiveUp(mail), GiveUp(replayed));
        await CommitAsync(new ReplayCommand { Replays = [new NewReplay { EventId = replayed.EventId, Consumer = Orders, DeadLetter = replayed.Id }] });
        Time.Advance(TimeSpan.FromDays(91));
        var command = Retain();

        await CommitAsync(command);

        Assert.Equal(new Dictionary<int, int> { [Orders] = 1, [Mail] = 1 }, command.OpenDeadLettersDeleted);
        Assert.Equal(0, await Store.Queries.CountDeadLettersAsync(new(), Token));
        Assert.Empty(await Store.Queries.ListAttemptsAsync(dead.Id, Token));
        Assert.Null(await Store.Queries.FindEventAsync(dead.EventId, Token));
    }

    [Fact]
    public async Task Retention_OfDeliveredVersions_KeepsThemAsLongAsAnythingCanComeAgain()
    {
        await DeliverAsync("m1", "quiet");
        await DeliverAsync("m2", "busy");
        Time.Advance(TimeSpan.FromDays(60));
        await DeliverAsync("m3", "busy");
        await CommitAsync(Retain());
        Assert.Equal(1, await Store.Work.FindVersionAsync(Orders, "quiet", Token));
        Time.Advance(TimeSpan.FromDays(31));

        await CommitAsync(Retain());

        Assert.Null(await Store.Work.FindVersionAsync(Orders, "quiet", Token));
        Assert.Equal(1, await Store.Work.FindVersionAsync(Orders, "busy", Token));
    }

    [Fact]
    public async Task Retention_WithMoreThanTheLimit_SaysSoUntilAllIsGone()
    {
        var events = Enumerable.Range(0, 25).Select(i => NewEvent($"m{i}", consumers: Orders)).ToArray();
        await CommitAsync(Ingest(events));
        await CommitAsync([.. events.SelectMany(ItemsOf).Select(item => Complete(item))]);
        Time.Advance(TimeSpan.FromDays(31));
        var (passes, deleted) = (0, 0);

        RetentionCommand command;
        do
        {
            command = Retain(limit: 10);
            await CommitAsync(command);
            passes++;
            deleted += command.Deleted;
        }
        while (command.More && passes < 20);

        Assert.Equal(100, deleted);
        Assert.InRange(passes, 3, 12);
        Assert.Empty(await Store.Queries.ListEventsAsync(new(), null, 10, Token));
    }

    [Fact]
    public async Task Retention_OfRangesInWhichSomeAreHeld_DeletesTheOthers()
    {
        // Of each kind of what holds an event or attempts, in every place of a range.
        var random = new Random(17);
        List<(WorkItem Item, int Kind)> items = [];
        for (var i = 0; i < 300; i++)
        {
            var item = (await SeedAsync($"m{i}", Orders))[0];
            var kind = random.Next(6);
            StoreCommand? end = kind switch { 0 => GiveUp(item), 1 => null, _ => Complete(item) };
            await CommitAsync(end is null ? [] : [end]);
            items.Add((item, kind));
        }

        Time.Advance(TimeSpan.FromDays(31));
        foreach (var (item, kind) in items.Where(pair => pair.Kind is 1 or 2))
        {
            // One that has ended late, and one that runs again.
            await CommitAsync(kind == 1 && random.Next(2) == 0
                ? Complete(item)
                : new ReplayCommand { Replays = [new NewReplay { EventId = item.EventId, Consumer = Mail }] });
        }

        await SweepAsync(limit: 40);

        var work = (await ReadyAsync(Orders)).Concat(await ReadyAsync(Mail)).Select(item => item.EventId).ToHashSet();
        foreach (var (item, kind) in items)
        {
            var isHeld = kind == 0 || work.Contains(item.EventId);
            Assert.Equal(isHeld, await Store.Queries.FindEventAsync(item.EventId, Token) is not null);
            var found = await Store.Queries.FindDeliveryAsync(item.Id, Token);
            var isOver = found is null || (found.State == DeliveryState.Succeeded && found.EndedAt < Time.GetUtcNow().AddDays(-30));
            Assert.Equal(kind >= 2, isOver);
            Assert.Equal(found is { State: DeliveryState.Dead or DeliveryState.Succeeded }, (await Store.Queries.ListAttemptsAsync(item.Id, Token)).Count == 1);
        }

        Assert.Equal(DeliveryState.Pending, (await Store.Queries.FindDeliveryAsync((await ReadyAsync(Mail))[0].Id, Token))!.State);
    }

    [Fact]
    public async Task Retention_WhoseCommitIsLost_DeletesWhatIsLeftInTheNextSweep()
    {
        for (var i = 0; i < 30; i++)
        {
            await CommitAsync(Complete((await SeedAsync($"m{i}", Orders))[0]));
        }

        Time.Advance(TimeSpan.FromDays(31));
        var first = Retain(limit: 10);
        await CommitAsync(first);
        // Refused as a whole: what its first command has deleted comes back.
        await Assert.ThrowsAnyAsync<Exception>(() => CommitAsync(Retain(limit: 25), new UnknownCommand()));
        await SweepAsync(limit: 10);

        await SweepAsync(limit: 10);

        Assert.Empty(await Store.Queries.ListEventsAsync(new(), null, 10, Token));
        Assert.Empty(await Store.Queries.ListDeliveriesAsync(new(), null, 10, Token));
    }

    [Fact]
    public async Task Retention_KilledBetweenAnyTwoCommands_LosesNothingYoungOrHeld_AndGoesOn()
    {
        for (var i = 0; i < 60; i++)
        {
            var item = (await SeedAsync($"m{i}", Orders))[0];
            await CommitAsync(i % 10 == 3 ? GiveUp(item) : i % 10 == 7 ? Retry(item, Time.GetUtcNow().AddDays(100)) : Complete(item));
        }

        Time.Advance(TimeSpan.FromDays(31));
        var young = (await SeedAsync("young", Orders))[0];
        await CommitAsync(Complete(young));
        RetentionCommand command;
        do
        {
            command = Retain(limit: 60);
            await CommitAsync(command);
            await using var crashed = Harness.CopyAsAfterCrash();
            await using var store = crashed.Create(Time);
            await store.OpenAsync(Token);
            RetentionCommand rest;
            do
            {
                rest = Retain(limit: 60);
                await store.CommitAsync([rest], Token);
            }
            while (rest.More);

            Assert.Equal(13, (await store.Queries.ListEventsAsync(new(), null, 100, Token)).Count);
            Assert.Equal(
                (1, 6, 6),
                ((await store.Queries.ListDeliveriesAsync(new(State: DeliveryState.Succeeded), null, 100, Token)).Count,
                    (await store.Queries.ListDeadLettersAsync(new(), null, 100, Token)).Count,
                    (await store.Work.ReadDelayedAsync(Orders, Start, RecordId.None, 100, Token)).Count));
        }
        while (command.More);
    }

    [Fact]
    public async Task Retention_WithABudget_DoesAtLeastOneStep_AndGoesOnWhereItEnded()
    {
        for (var i = 0; i < 3; i++)
        {
            await CommitAsync(Ingest([.. Enumerable.Range(0, 100).Select(n => NewEvent($"m{i}.{n}"))]));
        }

        Time.Advance(TimeSpan.FromDays(31));
        var (passes, deleted) = (0, 0);
        RetentionCommand command;
        do
        {
            command = new()
            {
                EventsBefore = Time.GetUtcNow().AddDays(-30),
                KeysBefore = Time.GetUtcNow().AddDays(-30),
                DeadLettersBefore = Time.GetUtcNow().AddDays(-90),
                Limit = 100_000,
                Budget = TimeSpan.Zero,
            };
            await CommitAsync(command);
            passes++;
            deleted += command.Deleted;
        }
        while (command.More && passes < 50);

        Assert.Equal(600, deleted);
        Assert.InRange(passes, Harness is InMemoryHarness ? 1 : 4, 40);
    }

    [Fact]
    public async Task Retention_ThatIsThrough_KeepsItsTimeForTheNextOwner()
    {
        Assert.Null(Ownership.RetentionAt);
        var now = Time.GetUtcNow().AddSeconds(-7);
        await CommitAsync(new RetentionCommand { Now = now, EventsBefore = Start.AddDays(-30), KeysBefore = Start.AddDays(-30), DeadLettersBefore = Start.AddDays(-90), Limit = 10 });
        await Store.CloseAsync(Token);

        await OpenAsync(Harness.Create(Time));

        Assert.Equal(Harness is InMemoryHarness ? null : now, Ownership.RetentionAt);
    }

    [Fact]
    public async Task Retention_OfKeys_MayOutliveTheEvents()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await CommitAsync(Complete(item));
        Time.Advance(TimeSpan.FromDays(31));

        await CommitAsync(new RetentionCommand
        {
            EventsBefore = Time.GetUtcNow().AddDays(-30),
            KeysBefore = Time.GetUtcNow().AddDays(-60),
            DeadLettersBefore = Time.GetUtcNow().AddDays(-90),
            Limit = 100,
        });

        var again = NewEvent("m1");
        await CommitAsync(Ingest(again));
        Assert.Equal(new IngestResult(item.EventId, true, false), again.Result);
        Assert.Null(await Store.Queries.FindEventAsync(item.EventId, Token));
    }

    [Fact]
    public async Task Retention_OfAuditAndEndedJobs_FollowsTheDeadLetters()
    {
        var create = new CreateReplayJobCommand
        {
            Job = new ReplayJob { Id = RecordId.None, Filter = new(), Actor = "key_1", CreatedAt = Start },
            Audit = new AuditEntry(Start, "key_1", "replay.start", "all", null),
        };
        await CommitAsync(create);
        await CommitAsync(new EndReplayJobCommand { Id = create.Job.Id, State = ReplayState.Completed, At = Start });
        Time.Advance(TimeSpan.FromDays(60));
        await CommitAsync(Retain());
        Assert.Single(await Store.Queries.ListAuditAsync(null, 10, Token));
        Time.Advance(TimeSpan.FromDays(31));

        await CommitAsync(Retain());

        Assert.Empty(await Store.Queries.ListAuditAsync(null, 10, Token));
        Assert.Empty(await Store.Queries.ListReplaysAsync(null, 10, Token));
    }

    protected async Task SweepAsync(int limit)
    {
        RetentionCommand command;
        do
        {
            command = Retain(limit);
            await CommitAsync(command);
        }
        while (command.More);
    }

    private sealed class UnknownCommand : StoreCommand;

    private async Task DeliverAsync(string message, string subject) => await CommitAsync(new CompleteCommand
    {
        Item = (await SeedAsync(message, Orders))[0],
        At = Time.GetUtcNow(),
        Outcome = DeliveryOutcome.Succeeded,
        Delivered = new SubjectVersion(subject, 1),
    });

    private RetentionCommand Retain(int limit = 1_000) => new()
    {
        EventsBefore = Time.GetUtcNow().AddDays(-30),
        KeysBefore = Time.GetUtcNow().AddDays(-30),
        DeadLettersBefore = Time.GetUtcNow().AddDays(-90),
        Limit = limit,
    };
}
