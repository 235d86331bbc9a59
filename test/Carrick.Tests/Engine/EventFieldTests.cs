using Carrick.Delivery;
using Carrick.Integrations;

namespace Carrick.Tests.Engine;

/// <summary>Every field of an event has a bound, whichever way the event comes in; a database never has to refuse one.</summary>
public sealed class EventFieldTests
{
    private static readonly IncomingEvent Good = new() { Integration = "billing", Type = "t", MessageId = "m", Body = new byte[1] };

    public static TheoryData<string, IncomingEvent> TooLong => new()
    {
        { "type", Good with { Type = new string('t', 256) } },
        { "type", Good with { Type = "" } },
        { "type", Good with { Type = "  " } },
        { "message id", Good with { MessageId = new string('m', 256) } },
        { "message id", Good with { MessageId = "" } },
        { "subject", Good with { Subject = new string('s', 20_000) } },
        { "content type", Good with { ContentType = new string('c', 256) } },
        { "trace parent", Good with { TraceParent = new string('0', 256) } },
        { "verdict", Good with { Verdict = new string('v', 256) } },
        { "body", Good with { Body = new byte[EventFields.LargestBody + 1] } },
        { "headers", Good with { Headers = [.. Enumerable.Range(0, 1_001).Select(i => KeyValuePair.Create($"x-{i}", "1"))] } },
        { "headers", Good with { Headers = [KeyValuePair.Create("x-long", new string('x', EventFields.LongestHeaders))] } },
    };

    [Theory]
    [MemberData(nameof(TooLong))]
    public async Task Ingest_FieldOutOfItsBounds_IsRefusedByNameAndStoresNothing(string field, IncomingEvent item)
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder);

        var refused = await Assert.ThrowsAnyAsync<ArgumentException>(
            async () => await host.Ingress.IngestAsync([Good, item], TestContext.Current.CancellationToken));

        Assert.Contains(field, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("tttt", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await host.Store.Queries.ListEventsAsync(new(), null, 10, TestContext.Current.CancellationToken));
        Assert.Null(host.Engine.Problem);
    }

    [Fact]
    public async Task Ingest_EveryFieldAtItsBound_IsStored()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(folder);
        var text = new string('\u2603', EventFields.LongestText);
        var item = Good with
        {
            Type = text,
            MessageId = text,
            Subject = text,
            ContentType = text,
            TraceParent = text,
            Verdict = text,
            Headers = [.. Enumerable.Range(0, 1_000).Select(i => KeyValuePair.Create($"x-{i:D4}", new string('v', 250)))],
        };

        var result = (await host.Ingress.IngestAsync([item], TestContext.Current.CancellationToken))[0];

        var stored = await host.Store.Queries.FindEventAsync(result.Id, TestContext.Current.CancellationToken);
        Assert.Equal((text, text, 1_000), (stored!.Event.Subject, stored.Event.MessageId, stored.Event.Headers.Count));
    }

    private static Task<EngineHost> StartAsync(TemporaryFolder folder) => EngineHost.StartAsync(
        folder,
        ScriptedSender.Always(AttemptResult.Success(200)),
        billing => billing.AddConsumer(new EndpointDefinition
        {
            Name = "billing/orders",
            Integration = "billing",
            Url = new Uri("http://127.0.0.1:9/"),
            Order = OrderingMode.Subject,
        }));
}
