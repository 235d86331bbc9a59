using System.Text;
using Carrick.Storage.Commands;
using Xunit;

namespace Carrick.Tests.Stores;

public abstract class IngestCompliance<THarness> : StoreTest<THarness>
    where THarness : StoreHarness, new()
{
    [Fact]
    public async Task Ingest_OfOneEvent_StoresItByteExactWithWorkForEachConsumer()
    {
        var body = Encoding.UTF8.GetBytes("{\"a\": 1}\r\n\0\u00e9");
        var item = NewEvent("m1", subject: "cus_1", consumers: [Orders, Ledger]);
        item = new NewEvent
        {
            Content = item.Content with
            {
                Body = body,
                Headers = [new("X-One", "1"), new("X-Empty", ""), new("X-\u00dcml\u00e4ut", "\"quoted\"\n\ud83d\ude00")],
                TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                Version = 42,
                Verdict = "stripe/default#1",
            },
            Integration = item.Integration,
            BodyHash = 1,
            ReceivedAt = item.ReceivedAt,
            Work = item.Work,
        };

        await CommitAsync(Ingest(item));

        Assert.Equal(new IngestResult(item.Id, false, false), item.Result);
        var read = Assert.Single(await Store.Work.ReadEventsAsync([item.Id], Token));
        Assert.Equal(body, read.Body.ToArray());
        Assert.Equal(item.Content.Headers, read.Headers);
        Assert.Equal(
            ("billing", "invoice.paid", "m1", "cus_1", "application/json", 42L, "stripe/default#1", item.Content.TraceParent, Start),
            (read.Integration, read.Type, read.MessageId, read.Subject, read.ContentType, read.Version, read.Verdict, read.TraceParent, read.ReceivedAt));
        foreach (var consumer in new[] { Orders, Ledger })
        {
            var work = Assert.Single(await ReadyAsync(consumer));
            Assert.Equal((item.Id, "cus_1", null, 0, 0, false, null), (work.EventId, work.OrderingKey, work.DueAt, work.Attempts, work.Failures, work.Forced, work.ReplayOf));
        }

        Assert.Empty(await ReadyAsync(Mail));
    }

    [Fact]
    public async Task Ingest_OfAKnownMessageId_AnswersTheFirstIdAndAddsNoWork()
    {
        var first = NewEvent("m1", consumers: Orders);
        await CommitAsync(Ingest(first));
        var second = NewEvent("m1", consumers: Orders);

        await CommitAsync(Ingest(second));

        Assert.Equal(new IngestResult(first.Id, true, false), second.Result);
        Assert.Single(await ReadyAsync(Orders));
    }

    [Fact]
    public async Task Ingest_OfDuplicatesInOneBatch_StoresTheFirst()
    {
        var first = NewEvent("m1", consumers: Orders);
        var sameRequest = NewEvent("m1", consumers: Orders);
        var otherRequest = NewEvent("m1", consumers: Orders);

        await CommitAsync(Ingest(first, sameRequest), Ingest(otherRequest));

        Assert.Equal(new IngestResult(first.Id, false, false), first.Result);
        Assert.Equal(new IngestResult(first.Id, true, false), sameRequest.Result);
        Assert.Equal(new IngestResult(first.Id, true, false), otherRequest.Result);
        Assert.Single(await ReadyAsync(Orders));
    }

    [Fact]
    public async Task Ingest_OfAKnownMessageIdWithAnotherBody_IsACountedConflict()
    {
        var first = NewEvent("m1", body: "one");
        await CommitAsync(Ingest(first));
        var second = NewEvent("m1", body: "two");
        var third = NewEvent("m1", body: "three");

        await CommitAsync(Ingest(second), Ingest(third), Ingest(NewEvent("m1", body: "one")));

        Assert.Equal(new IngestResult(first.Id, true, true), second.Result);
        Assert.Equal(new IngestResult(first.Id, true, true), third.Result);
        var detail = await Store.Queries.FindEventAsync(first.Id, Token);
        Assert.Equal(2, detail!.Conflicts);
        Assert.Equal("one", Encoding.UTF8.GetString(detail.Event.Body.Span));
    }

    [Fact]
    public async Task Ingest_OfOneMessageIdInTwoIntegrations_StoresBoth()
    {
        var billing = NewEvent("m1");
        var crm = NewEvent("m1", integration: "crm");

        await CommitAsync(Ingest(billing, crm));

        Assert.False(billing.Result.Duplicate);
        Assert.False(crm.Result.Duplicate);
        Assert.Equal(2, (await Store.Work.ReadEventsAsync([billing.Id, crm.Id], Token)).Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_096)]
    [InlineData(1_048_576)]
    public async Task Ingest_OfABodyOfAnySize_ReturnsTheSameBytes(int size)
    {
        var body = new byte[size];
        new Random(size).NextBytes(body);
        var item = NewEvent("m1");
        item = new NewEvent { Content = item.Content with { Body = body }, Integration = item.Integration, BodyHash = 1, ReceivedAt = Start, Work = [] };

        await CommitAsync(Ingest(item));

        Assert.Equal(body, Assert.Single(await Store.Work.ReadEventsAsync([item.Id], Token)).Body.ToArray());
        Assert.Equal(size, Assert.Single(await Store.Queries.ListEventsAsync(new(), null, 10, Token)).Size);
    }

    [Theory]
    [InlineData("'; DROP TABLE events; --")]
    [InlineData("%_\\\"`[]")]
    [InlineData("nul\0inside")]
    [InlineData("\ud83d\ude00 \u0301 \u202e")]
    [InlineData(" ")]
    [InlineData("")]
    public async Task Ingest_OfOddTexts_KeepsThemApartAndUnchanged(string text)
    {
        var item = NewEvent("id" + text, type: text, subject: text, consumers: Orders);
        var other = NewEvent("id" + text + "x", type: "other");

        await CommitAsync(Ingest(item, other));

        var read = Assert.Single(await Store.Work.ReadEventsAsync([item.Id], Token));
        Assert.Equal(("id" + text, text, text), (read.MessageId, read.Type, read.Subject));
        Assert.Equal(item.Id, Assert.Single(await Store.Work.ReadKeyAsync(Orders, text, RecordId.None, 10, Token)).EventId);
        Assert.Equal(item.Id, Assert.Single(await Store.Queries.ListEventsAsync(new(MessageId: "id" + text), null, 10, Token)).Id);
        Assert.Equal(item.Id, Assert.Single(await Store.Queries.ListEventsAsync(new(Subject: text), null, 10, Token)).Id);
    }

    [Fact]
    public async Task Ingest_OfHalfASurrogatePair_DoesNotFailTheBatch()
    {
        var item = NewEvent("m1", subject: "\ud83d");
        item = new NewEvent
        {
            Content = item.Content with { Headers = [new("X-Half", "\ud83d")] },
            Integration = item.Integration,
            BodyHash = 1,
            ReceivedAt = Start,
            Work = [],
        };

        await CommitAsync(Ingest(item));

        var read = Assert.Single(await Store.Work.ReadEventsAsync([item.Id], Token));
        Assert.Equal(("\ufffd", "\ufffd"), (read.Subject, read.Headers[0].Value));
    }

    [Fact]
    public async Task Commit_OfNothing_Succeeds() => await Store.CommitAsync([], Token);
}
