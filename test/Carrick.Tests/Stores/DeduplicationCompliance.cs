using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Carrick.Storage.Commands;
using Xunit;

namespace Carrick.Tests.Stores;

/// <summary>Events whose message id alone is not their key, because it is not signed or not promised to be unique.</summary>
public abstract class DeduplicationCompliance<THarness> : StoreTest<THarness>
    where THarness : StoreHarness, new()
{
    [Fact]
    public async Task Ingest_OfAKnownIdAndBody_IsADuplicateWithoutConflict()
    {
        var first = Keyed("m1", "one", consumers: Orders);
        await CommitAsync(Ingest(first));
        var (again, inOneBatch) = (Keyed("m1", "one", consumers: Orders), Keyed("m1", "one", consumers: Orders));

        await CommitAsync(Ingest(again), Ingest(inOneBatch));

        Assert.Equal(new IngestResult(first.Id, true, false), again.Result);
        Assert.Equal(new IngestResult(first.Id, true, false), inOneBatch.Result);
        Assert.Single(await ReadyAsync(Orders));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ingest_OfAKnownIdWithAnotherBody_IsAnotherEvent(bool inOneBatch)
    {
        var (old, genuine) = (Keyed("m1", "old", consumers: Orders), Keyed("m1", "new", consumers: Orders));

        await CommitAllAsync(inOneBatch, old, genuine);

        Assert.Equal(new IngestResult(old.Id, false, false), old.Result);
        Assert.Equal(new IngestResult(genuine.Id, false, false), genuine.Result);
        Assert.Equal([old.Id, genuine.Id], (await ReadyAsync(Orders)).Select(item => item.EventId));
        Assert.Equal(0, (await Store.Queries.FindEventAsync(old.Id, Token))!.Conflicts);
    }

    [Fact]
    public async Task Ingest_OfAnIdAloneAndOneWithABody_StoresBoth()
    {
        var (alone, keyed) = (NewEvent("m1", "one"), Keyed("m1", "one"));

        await CommitAsync(Ingest(alone), Ingest(keyed));

        Assert.False(alone.Result.Duplicate);
        Assert.False(keyed.Result.Duplicate);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ingest_OfAKnownBodyUnderAnotherId_IsAPossibleReplayOfTheFirst(bool inOneBatch)
    {
        var (first, second, third) = (Keyed("m1", "one"), Keyed("m2", "one"), Keyed("m3", "one"));
        var other = Keyed("m4", "other");

        await CommitAllAsync(inOneBatch, first, second, other, third);

        Assert.Equal([null, first.Id, null, first.Id], new[] { first, second, other, third }.Select(item => item.Result.PossibleReplayOf));
        Assert.All(new[] { first, second, third }, item => Assert.False(item.Result.Duplicate));
        Assert.Equal(
            [null, first.Id, null, first.Id],
            new[] { first, second, other, third }.Select(item => Store.Queries.FindEventAsync(item.Id, Token).AsTask().GetAwaiter().GetResult()!.PossibleReplayOf));
    }

    [Fact]
    public async Task Ingest_OfSeveralInOneRequest_FindsTheFirstOfThem()
    {
        var (first, second) = (Keyed("m1", "one"), Keyed("m2", "one"));

        await CommitAsync(Ingest(first, second));

        Assert.Equal([null, first.Id], new[] { first.Result.PossibleReplayOf, second.Result.PossibleReplayOf });
    }

    [Fact]
    public async Task Ingest_OfADuplicateOfAPossibleReplay_IsOnlyADuplicate()
    {
        await CommitAsync(Ingest(Keyed("m1", "one")));
        var second = Keyed("m2", "one");
        await CommitAsync(Ingest(second));
        var again = Keyed("m2", "one");

        await CommitAsync(Ingest(again));

        Assert.Equal(new IngestResult(second.Id, true, false), again.Result);
    }

    [Fact]
    public async Task Ingest_OfOneBodyInTwoIntegrationsOrUnderSignedIds_IsNoReplay()
    {
        var events = new[] { Keyed("m1", "one"), Keyed("m2", "one", integration: "crm"), Keyed("m3", "one", isShared: false), Keyed("m4", "one", isShared: false), NewEvent("m5", "one") };

        await CommitAsync([.. events.Select(item => Ingest(item))]);

        Assert.All(events, item => Assert.Equal(new IngestResult(item.Id, false, false), item.Result));
    }

    [Fact]
    public async Task Ingest_OfTheDigestAlone_MakesOneEventOfAllIds()
    {
        var first = Keyed("m1", "one", key: "sha256:1");
        await CommitAsync(Ingest(first));
        var second = Keyed("m2", "one", key: "sha256:1");

        await CommitAsync(Ingest(second));

        Assert.Equal(new IngestResult(first.Id, true, false), second.Result);
    }

    [Fact]
    public async Task Ingest_AfterARestart_KnowsKeysAndBodies()
    {
        var first = Keyed("m1", "one");
        await CommitAsync(Ingest(first));
        await Store.DisposeAsync();
        await OpenAsync(Harness.Create(Time));
        var (again, other) = (Keyed("m1", "one"), Keyed("m2", "one"));

        await CommitAsync(Ingest(again), Ingest(other));

        Assert.Equal(new IngestResult(first.Id, true, false), again.Result);
        Assert.Equal(first.Id, other.Result.PossibleReplayOf);
    }

    [Fact]
    public async Task Ingest_OfAKeyPastItsRetention_IsANewEvent()
    {
        await CommitAsync(Ingest(Keyed("m1", "one")));
        await CommitAsync(new RetentionCommand { EventsBefore = DateTimeOffset.MinValue, DeadLettersBefore = DateTimeOffset.MinValue, KeysBefore = Start.AddDays(1), Limit = 100 });
        var again = Keyed("m1", "one");

        await CommitAsync(Ingest(again));

        Assert.Equal(new IngestResult(again.Id, false, false), again.Result);
    }

    [Fact]
    public async Task ReadEvents_OfAKey_ReturnsItUnlessItIsTheMessageId()
    {
        var (plain, keyed, digest) = (NewEvent("m1"), Keyed("m2", "one"), Keyed("sha256:2", "two", key: "sha256:2"));
        await CommitAsync(Ingest(plain, keyed, digest));

        var read = (await Store.Work.ReadEventsAsync([plain.Id, keyed.Id, digest.Id], Token)).ToDictionary(record => record.Id);

        Assert.Equal((null, "m1"), (read[plain.Id].DeduplicationKey, read[plain.Id].KeyText));
        Assert.Equal((keyed.Content.Key!.Text, "m2"), (read[keyed.Id].DeduplicationKey, read[keyed.Id].MessageId));
        Assert.Equal((null, "sha256:2"), (read[digest.Id].DeduplicationKey, read[digest.Id].KeyText));
    }

    [Theory]
    [InlineData("m1")]
    [InlineData("id with 100 % _ \\ and \ud83d\ude00")]
    public async Task ListEvents_ByMessageId_FindsEveryBodyAndNoOtherId(string id)
    {
        var found = new[] { NewEvent(id, "one"), Keyed(id, "two"), Keyed(id, "three"), Keyed(id, "four", integration: "crm") };
        var others = new[] { id + "x", id + " x", id + "\u001e", id[..^1], id.ToUpperInvariant() + "!" }.SelectMany(other => new[] { NewEvent(other), Keyed(other, "one") });
        await CommitAsync([.. found.Concat(others).Select(item => Ingest(item))]);

        var all = await Store.Queries.ListEventsAsync(new(MessageId: id), null, 10, Token);
        var page = await Store.Queries.ListEventsAsync(new(MessageId: id), all[1].Id, 1, Token);

        Assert.Equal(found.Select(item => item.Id).OrderDescending(), all.Select(item => item.Id));
        Assert.Equal(all[2].Id, Assert.Single(page).Id);
        Assert.Equal(found[3].Id, Assert.Single(await Store.Queries.ListEventsAsync(new("crm", MessageId: id), null, 10, Token)).Id);
    }

    protected NewEvent Keyed(string messageId, string body, string integration = "billing", bool isShared = true, string? key = null, string? earlier = null, params int[] consumers)
    {
        var plain = NewEvent(messageId, body, integration, consumers: consumers);
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(body));
        var hash = BinaryPrimitives.ReadInt64BigEndian(digest);
        return new NewEvent
        {
            Content = plain.Content with { Key = new DeduplicationKey(key ?? DeduplicationKey.Join(messageId, digest), hash, isShared, earlier ?? messageId, hash) },
            Integration = plain.Integration,
            BodyHash = hash,
            ReceivedAt = plain.ReceivedAt,
            Work = plain.Work,
        };
    }

    private async Task CommitAllAsync(bool inOneBatch, params NewEvent[] events)
    {
        if (inOneBatch)
        {
            await CommitAsync([.. events.Select(item => Ingest(item))]);
            return;
        }

        foreach (var item in events)
        {
            await CommitAsync(Ingest(item));
        }
    }
}
