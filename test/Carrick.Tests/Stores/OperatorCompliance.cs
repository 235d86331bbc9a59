using Carrick.Storage;
using Carrick.Storage.Commands;
using Xunit;

namespace Carrick.Tests.Stores;

public abstract class OperatorCompliance<THarness> : StoreTest<THarness>
    where THarness : StoreHarness, new()
{
    [Fact]
    public async Task Requeue_OfDelayedWork_MakesItReadyAndKeepsItsCounters()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await CommitAsync(Retry(item, Start.AddDays(1)));
        var (requeue, again) = (new RequeueCommand { Delivery = item.Id }, new RequeueCommand { Delivery = item.Id });
        var (unknown, foreign) = (new RequeueCommand { Delivery = Ids.Next() }, new RequeueCommand { Delivery = item.Id with { Low = 3 } });

        await CommitAsync(requeue, again, unknown, foreign);

        Assert.Equal((true, true, false, false), (requeue.Applied, again.Applied, unknown.Applied, foreign.Applied));
        Assert.Equal((item.Id, Orders, 1, Start.AddDays(1)), (requeue.Was!.Id, requeue.Was.Consumer, requeue.Was.Attempts, requeue.Was.DueAt));
        Assert.Null(again.Was!.DueAt);
        var ready = Assert.Single(await ReadyAsync(Orders));
        Assert.Equal((1, 1, null), (ready.Attempts, ready.Failures, ready.DueAt));
    }

    [Fact]
    public async Task Discard_OfOutstandingWork_EndsIt()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        var (discard, again) = (Discard(item.Id), Discard(item.Id));

        await CommitAsync(discard, again);

        Assert.Equal((true, false), (discard.Applied, again.Applied));
        Assert.Equal((item.Id, Orders, null, null), (discard.Was!.Id, discard.Was.Consumer, discard.Was.DueAt, discard.DeadOf));
        Assert.Equal(DeliveryState.Discarded, (await Store.Queries.FindDeliveryAsync(item.Id, Token))!.State);
        var complete = Complete(item);
        await CommitAsync(complete);
        Assert.False(complete.Applied);
    }

    [Fact]
    public async Task Discard_OfADeadLetter_MovesItToTheOutcomes()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await CommitAsync(GiveUp(item));
        var discard = Discard(item.Id);

        await CommitAsync(discard);

        Assert.Equal((true, null, Orders), (discard.Applied, discard.Was, discard.DeadOf));
        Assert.Equal(new ConsumerDepth(0, 0, 0), await DepthAsync(Orders));
        Assert.Empty(await Store.Queries.ListDeadLettersAsync(new(), null, 10, Token));
        var view = await Store.Queries.FindDeliveryAsync(item.Id, Token);
        Assert.Equal((DeliveryState.Discarded, 1), (view!.State, view.Attempts));
        Assert.Single(await Store.Queries.ListAttemptsAsync(item.Id, Token));
    }

    [Fact]
    public async Task Discard_OfWhatHasEnded_IsNotApplied()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        await CommitAsync(Complete(item));
        var (ended, unknown, foreign) = (Discard(item.Id), Discard(Ids.Next()), Discard(item.Id with { Low = 3 }));

        await CommitAsync(ended, unknown, foreign);

        Assert.Equal((false, false, false), (ended.Applied, unknown.Applied, foreign.Applied));
    }

    [Fact]
    public async Task SetConsumerState_DisablesAndEnables_AndKeepsTheGate()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        var gate = Start.AddMinutes(5);
        await CommitAsync(Retry(item, gate, gate: gate));
        await CommitAsync(new SetConsumerStateCommand { Consumer = Orders, DisabledAt = Start, DisabledReason = "by hand" });
        var disabled = (await Store.RegisterAsync([], [], Token)).Consumers["billing/orders"];
        await CommitAsync(new SetConsumerStateCommand { Consumer = Orders, DisabledAt = null, DisabledReason = null });
        var enabled = (await Store.RegisterAsync([], [], Token)).Consumers["billing/orders"];

        Assert.Equal(new ConsumerState(Orders, Start, "by hand", gate), disabled);
        Assert.Equal(new ConsumerState(Orders, null, null, gate), enabled);
    }

    [Fact]
    public async Task Audit_OfAnAppliedCommand_IsListedNewestFirstAndPaged()
    {
        var item = (await SeedAsync("m1", Orders))[0];
        AuditEntry Line(string action, string? reason) => new(Start, "key_1 ops", action, item.Id.ToString(IdPrefix.Delivery), reason);
        await CommitAsync(
            new RequeueCommand { Delivery = item.Id, Audit = Line("delivery.retry", "why not") },
            new DiscardCommand { Delivery = item.Id, At = Start, Audit = Line("delivery.discard", null) },
            new DiscardCommand { Delivery = item.Id, At = Start, Audit = Line("not applied", null) });

        var newest = Assert.Single(await Store.Queries.ListAuditAsync(null, 1, Token));
        var older = Assert.Single(await Store.Queries.ListAuditAsync(newest.Number, 10, Token));

        Assert.Equal(Line("delivery.discard", null), newest.Entry);
        Assert.Equal(Line("delivery.retry", "why not"), older.Entry);
    }

    [Fact]
    public async Task ApiKey_PutAndRevoked_IsReadBack()
    {
        var key = new ApiKeyRecord(Ids.Next(), "ops \u00fc", "ck_live_ab", new byte[] { 1, 2, 3 }, ["read", "operate"], Start, null);
        var revoke = new RevokeApiKeyCommand { Id = key.Id, At = Start.AddHours(1) };
        var again = new RevokeApiKeyCommand { Id = key.Id, At = Start.AddHours(2) };
        var unknown = new RevokeApiKeyCommand { Id = Ids.Next(), At = Start };

        await CommitAsync(new PutApiKeyCommand { Key = key });
        var stored = Assert.Single(await Store.Queries.ListApiKeysAsync(Token));
        await CommitAsync(revoke, again, unknown);

        Assert.Equal((key.Id, key.Name, key.Prefix, Start, null), (stored.Id, stored.Name, stored.Prefix, stored.CreatedAt, stored.RevokedAt));
        Assert.Equal(key.Hash.ToArray(), stored.Hash.ToArray());
        Assert.Equal(key.Scopes, stored.Scopes);
        Assert.Equal((true, false, false), (revoke.Applied, again.Applied, unknown.Applied));
        Assert.Equal(Start.AddHours(1), Assert.Single(await Store.Queries.ListApiKeysAsync(Token)).RevokedAt);
    }

    [Fact]
    public async Task Configuration_PutTwice_IsTheLast()
    {
        Assert.Null(await Store.Queries.ReadConfigurationAsync(Token));

        await CommitAsync(
            new PutConfigurationCommand { Document = "integrations: {}", At = Start },
            new PutConfigurationCommand { Document = "integrations:\n  billing: {}\n", At = Start });

        Assert.Equal("integrations:\n  billing: {}\n", await Store.Queries.ReadConfigurationAsync(Token));
    }

    private static DiscardCommand Discard(RecordId delivery) => new() { Delivery = delivery, At = Start.AddMinutes(1) };
}
