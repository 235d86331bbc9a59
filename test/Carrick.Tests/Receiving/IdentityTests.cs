using Carrick.Receiving;
using Carrick.Signatures;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Xunit;
using Check = Carrick.Tests.Signatures.Check;

namespace Carrick.Tests.Receiving;

/// <summary>What somebody can do who has seen signed requests and can send them again, with every header and field changed that the signature does not cover.</summary>
public sealed class IdentityTests
{
    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal) { ["twilio/form"] = "MessageSid=SM{0}&MessageStatus=sent&Body=hello", ["hubspot"] = """[{{"portalId":1,"eventId":{0},"occurredAt":5}}]""", ["slack"] = """{{"event_id":"Ev{0}"}}""" };

    public static TheoryData<int> Indices => [.. Enumerable.Range(0, Check.Alternatives.Count)];

    public static TheoryData<int, string> UnsignedIds
    {
        get
        {
            var data = new TheoryData<int, string>();
            for (var i = 0; i < Check.Alternatives.Count; i++)
            {
                foreach (var header in UnsignedHeaders(Gate.Of(i)))
                {
                    data.Add(i, header);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void Request_RepeatedAsItWas_IsADuplicate(int index)
    {
        var gate = Gate.Of(index);
        var captured = gate.Sign(Body(gate, 1), "id-1");
        var first = gate.Post(captured);

        Assert.Equal(first with { Duplicate = true }, gate.Post(captured));
    }

    [Theory]
    [MemberData(nameof(UnsignedIds))]
    public void Request_RepeatedUnderAnotherUnsignedId_IsADuplicateOrAPossibleReplay(int index, string header)
    {
        var gate = Gate.Of(index);
        var captured = gate.Sign(Body(gate, 1), "id-1");
        var first = gate.Post(captured);

        foreach (var changed in new[] { captured.With(header, "id-of-the-stranger"), captured.Without(header) })
        {
            var again = gate.Post(changed);
            Assert.True(again == first with { Duplicate = true } || again.PossibleReplayOf == first.Id, $"{gate.Name}: {again}");
        }
    }

    [Theory]
    [MemberData(nameof(UnsignedIds))]
    public void Request_RepeatedUnderTheIdOfTheNextMessage_DoesNotPushThatOut(int index, string header)
    {
        var gate = Gate.Of(index);
        var captured = gate.Sign(Body(gate, 1), "id-1");
        gate.Post(captured);
        gate.Post(captured.With(header, "id-2"));

        Assert.False(gate.Post(gate.Sign(Body(gate, 2), "id-2")).Duplicate);
    }

    [Theory]
    [MemberData(nameof(UnsignedIds))]
    public void Request_RepeatedUnderAnotherIdWhereThatIsRefused_IsADuplicate(int index, string header)
    {
        var gate = Gate.Of(index, SameBodyPolicy.Refuse);
        var captured = gate.Sign(Body(gate, 1), "id-1");
        var first = gate.Post(captured);

        Assert.Equal(first with { Duplicate = true }, gate.Post(captured.With(header, "id-of-the-stranger")));
        Assert.Equal(first with { Duplicate = true }, gate.Post(captured.Without(header)));
        Assert.False(gate.Post(gate.Sign(Body(gate, 2), "id-2")).Duplicate);
    }

    [Theory]
    [MemberData(nameof(Indices))]
    public void Scheme_IdOfTheProvider_AloneIsTheKeyOnlyIfSignedAndUnique(int index)
    {
        var gate = Gate.Of(index);
        gate.Post(gate.Sign(Body(gate, 1), "id-1"));

        var key = Assert.Single(gate.Engine.Stored).Key;

        string[] alone = ["standard-webhooks/v1", "standard-webhooks/v1a", "stripe/default", "gitlab/signing-token", "slack/default", "zoom/default", "meta/default"];
        Assert.Equal(alone.Contains(gate.Name), key is null);
        string[] shared = ["github/default", "shopify/webhooks", "shopify/events", "gitlab/secret-token", "twilio/form", "twilio/json", "token/bearer", "token/header", "basic/default", "hmac/default", "hubspot/v1", "hubspot/v2"];
        Assert.Equal(shared.Contains(gate.Name), key is { IsShared: true });
    }

    [Theory]
    [InlineData("MessageSid=SM1&MessageStatus=sent&Body=a+b", "Body=a%20b&MessageStatus=sent&MessageSid=SM1")]
    [InlineData("MessageSid=SM1&MessageStatus=sent&Body=a", "MessageSid=SM1&Body=%61&MessageStatus=sent&MessageStatus=sent")]
    public void Form_SameFieldsWrittenInAnotherWay_IsADuplicate(string body, string again)
    {
        var gate = Gate.Of("twilio/form");
        var captured = gate.Sign(Check.Bytes(body), null);
        var first = gate.Post(captured);

        Assert.Equal(first with { Duplicate = true }, gate.Post(captured.WithBody(again)));
    }

    [Theory]
    [InlineData("CallSid=CA1&CallStatus=busy", "CallSidCA1=&CallStatus=busy")]
    [InlineData("MessageSid=SM1&MessageStatus=sent", "MessageSi=dSM1&MessageStatus=sent")]
    public void Form_NamesAndValuesCutInAnotherPlace_IsADuplicateOrAPossibleReplay(string body, string again)
    {
        var gate = Gate.Of("twilio/form");
        var captured = gate.Sign(Check.Bytes(body), null);
        var first = gate.Post(captured.Without("i-twilio-idempotency-token"));

        var repeated = gate.Post(captured.Without("i-twilio-idempotency-token").WithBody(again));

        Assert.True(repeated == first with { Duplicate = true } || repeated.PossibleReplayOf == first.Id, repeated.ToString());
    }

    [Fact]
    public void Hmac_SignedFieldAndUnsignedHeader_TakesTheField()
    {
        var gate = Gate.Of("hmac/default");
        gate.Post(gate.Sign(Check.Bytes("""{"id":"signed"}"""), "header"));

        Assert.Equal("signed", Assert.Single(gate.Engine.Stored).MessageId);
        Assert.False(Assert.Single(gate.Engine.Stored).Key!.IsShared);
    }

    [Fact]
    public void Hmac_ContentTypeChanged_IsAPossibleReplay()
    {
        var gate = Gate.Of("hmac/default", change: source => source with { IdPath = "form.id" });
        var captured = gate.Sign(Check.Bytes("id=one"), null).Without("x-event-id").With("content-type", "application/x-www-form-urlencoded");
        var first = gate.Post(captured);

        Assert.Equal(first.Id, gate.Post(captured.With("content-type", "application/json")).PossibleReplayOf);
    }

    [Theory]
    [InlineData("hmac/default", "json.number", true)]
    [InlineData("hmac/default", "header.x-number", false)]
    [InlineData("hmac/default", "query.number", false)]
    [InlineData("token/bearer", "json.number", false)]
    [InlineData("hubspot/v2", "json[].number", false)]
    [InlineData("hubspot/v3", "json[].number", true)]
    [InlineData("hubspot/v3", "header.x-hubspot-request-timestamp", false)]
    [InlineData("hubspot/v3", "query.number", false)]
    [InlineData("standard-webhooks/v1", "header.webhook-id", true)]
    [InlineData("standard-webhooks/v1", "header.x-number", false)]
    [InlineData("twilio/form", "form.MessageSid", false)]
    [InlineData("twilio/form", "query.number", false)]
    [InlineData("twilio/json", "query.number", true)]
    [InlineData("twilio/form", "json.number", false)]
    [InlineData("meta/default", "json.entry[].changes[].number", true)]
    [InlineData("meta/default", "json.entry[].number", false)]
    [InlineData("meta/default", "json.number", false)]
    public void Source_IdOfItsOwn_AloneIsTheKeyIfSignedAndOfTheItem(string name, string path, bool alone)
    {
        var gate = Gate.Of(name, change: source => source with { IdPath = path });
        gate.Post(gate.Sign(
            Check.Bytes(name switch
            {
                "twilio/form" => "MessageSid=7",
                "meta/default" => """{"number":1,"entry":[{"number":2,"changes":[{"number":7}]}]}""",
                _ when name.StartsWith("hubspot", StringComparison.Ordinal) => """[{"number":7}]""",
                _ => """{"number":7}""",
            }),
            "id-1",
            "number=7").With("x-number", "7"));

        Assert.Equal(alone, Assert.Single(gate.Engine.Stored).Key is null);
    }

    [Fact]
    public void OwnScheme_IdInTheSignedContent_AloneIsTheKeyIfItIsDeclaredUnique()
    {
        foreach (var unique in new[] { false, true })
        {
            var scheme = WebhookScheme.Parse(
                """
                {"name":"x","kind":"mac","algorithm":"hmac-sha256","signature":{"header":"x-s"},"content":"{header.x-id|undotted}.{body}","event":{"id":"header.X-ID","uniqueId":UNIQUE}}
                """.Replace("UNIQUE", unique ? "true" : "false", StringComparison.Ordinal));
            var gate = new Gate(scheme, "default", "canary-secret-of-tests", "canary-secret-of-tests", SameBodyPolicy.Accept, source => source);
            var first = gate.Post(gate.Sign(Check.Bytes("one"), "id-1"));

            Assert.Equal(unique, gate.Engine.Stored.Single().Key is null);
            Assert.Equal(unique, gate.Post(gate.Sign(Check.Bytes("two"), "id-1")) == first with { Duplicate = true, Conflict = true });
        }
    }

    [Theory]
    [InlineData("""[{"eventId":1,"attemptNumber":0,"x":[{"attemptNumber":5}]}]""", """[{"eventId":1,"attemptNumber":12,"x":[{"attemptNumber":5}]}]""", true)]
    [InlineData("""[{"eventId":1,"attemptNumber":0}]""", """[{"eventId":1,"attemptNumber":0,"propertyValue":"x"}]""", false)]
    [InlineData("""[{"eventId":1,"x":{"attemptNumber":0}}]""", """[{"eventId":1,"x":{"attemptNumber":1}}]""", false)]
    [InlineData("""[{"eventId":1,"fromObjectId":1,"attemptNumber":0}]""", """[{"eventId":1,"fromObjectId":2,"attemptNumber":1}]""", false)]
    public void HubSpot_ItemSentAgain_IsADuplicateIfOnlyItsAttemptDiffers(string body, string again, bool duplicate)
    {
        var gate = Gate.Of("hubspot/v3");
        gate.Post(gate.Sign(Check.Bytes(body), null));

        var result = gate.Post(gate.Sign(Check.Bytes(again), null));

        Assert.Equal((duplicate, false), (result.Duplicate, result.Conflict));
    }

    [Theory]
    [InlineData("\"json.a + json.b\"")]
    [InlineData("\"json.a[0]\"")]
    [InlineData("\"header.x\"")]
    [InlineData("\"body.sha256\"")]
    public void Parse_AttemptThatIsNoFieldOfTheBody_NamesItsPath(string attempt)
    {
        var exception = Assert.Throws<FormatException>(() => WebhookScheme.Parse(
            """{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"event":{"attempt":ATTEMPT}}""".Replace("ATTEMPT", attempt, StringComparison.Ordinal)));
        Assert.Contains("$.event.attempt: must be one JSON field of what becomes an event", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Requests_RepeatedInAnyOrderUnderAnyId_NeverPushOutAMessage() => Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Bool).Array[1, 30].Sample(steps =>
    {
        var gate = Gate.Of("github/default");
        var genuine = new HashSet<int>();
        var sent = new HashSet<(int Body, int Id)>();
        foreach (var (body, id, isStranger) in steps)
        {
            // A stranger sends a body that was sent before, under any id; the provider sends each body under its own.
            if (isStranger ? !genuine.Contains(body) : !genuine.Add(body))
            {
                continue;
            }

            var number = isStranger ? id : body;
            var result = gate.Post(gate.Sign(Body(gate, body), "id-" + body).With("x-github-delivery", "id-" + number));
            Assert.Equal(!sent.Add((body, number)), result.Duplicate);
        }

        Assert.Equal(sent.Count, gate.Engine.Stored.Count);
    });

    private static byte[] Body(Gate gate, int number) => Check.Bytes(string.Format(
        System.Globalization.CultureInfo.InvariantCulture,
        Types.GetValueOrDefault(gate.Name) ?? Types.GetValueOrDefault(gate.Scheme.Name) ?? (gate.Scheme.Name == "stripe" ? """{{"id":"evt_{0}"}}""" : """{{"n":{0}}}"""),
        number));

    private static IEnumerable<string> UnsignedHeaders(Gate gate)
    {
        var plan = gate.Scheme.Plan.Alternatives.Single(alternative => alternative.Name == gate.Alternative);
        return gate.Scheme.Plan.Event.Id.References.Where(field => field.Source == FieldSource.Header && !SignedFields.Covers(plan, field)).Select(field => field.Name);
    }

    /// <summary>A captured request.</summary>
    private sealed record Captured(string Query, Dictionary<string, string> Headers, byte[] Body)
    {
        public Captured With(string header, string value) => this with { Headers = new(Headers) { [header] = value } };

        public Captured Without(string header) => this with { Headers = Headers.Where(pair => pair.Key != header).ToDictionary() };

        public Captured WithBody(string body) => this with { Body = Check.Bytes(body) };
    }

    /// <summary>One source with one alternative: verify, map, store.</summary>
    private sealed class Gate
    {
        private readonly WebhookSource _source;
        private readonly string _signWith;

        public Gate(WebhookScheme scheme, string alternative, string signWith, string verifyWith, SameBodyPolicy policy, Func<WebhookSourceDefinition, WebhookSourceDefinition> change)
        {
            (Scheme, Alternative, _signWith) = (scheme, alternative, signWith);
            _source = WebhookSource.TryCreate(
                change(new WebhookSourceDefinition { Scheme = scheme, Secrets = [verifyWith], Accept = [alternative], PublicUrl = Check.Url, SameBody = policy }), out var errors)
                ?? throw new InvalidOperationException(string.Join("; ", errors));
            Engine.ApplyAsync([new Carrick.Integrations.IntegrationDefinition { Name = "x" }], CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }

        public WebhookScheme Scheme { get; }

        public string Alternative { get; }

        public string Name => $"{Scheme.Name}/{Alternative}";

        public FakeEngine Engine { get; } = new();

        public static Gate Of(int index, SameBodyPolicy policy = SameBodyPolicy.Accept)
        {
            var (scheme, alternative, signWith, verifyWith) = Check.Alternatives[index];
            return new Gate(scheme, alternative, signWith, verifyWith, policy, source => source);
        }

        public static Gate Of(string name, SameBodyPolicy policy = SameBodyPolicy.Accept, Func<WebhookSourceDefinition, WebhookSourceDefinition>? change = null)
        {
            var (scheme, alternative, signWith, verifyWith) = Check.Alternatives.Single(entry => $"{entry.Scheme.Name}/{entry.Alternative}" == name);
            return new Gate(scheme, alternative, signWith, verifyWith, policy, change ?? (source => source));
        }

        public Captured Sign(byte[] body, string? id, string query = "")
        {
            var signed = WebhookSigner.Sign(Scheme, _signWith, new WebhookMessage
            {
                Body = body,
                Time = Check.Now,
                Url = query.Length == 0 ? Check.Url : new Uri($"{Check.Url}?{query}"),
                Id = id,
                Type = "issues.opened",
                Alternative = Alternative,
                ContentType = Check.ContentType(Scheme, Alternative),
            });
            return new Captured(signed.Url?.Query ?? "", signed.Headers.ToDictionary(), body);
        }

        public IngestResult Post(Captured captured)
        {
            var headers = new HeaderDictionary();
            foreach (var (name, value) in captured.Headers)
            {
                headers[name] = value;
            }

            var request = new WebhookRequest("POST", captured.Query, headers, captured.Body);
            var verdict = _source.Verifier.Verify(request, Check.Now);
            Assert.True(verdict.IsValid, $"{Name}: {verdict.Failure}");
            return Engine.IngestAsync(_source.Events.Map("x", request, verdict, []), CancellationToken.None).AsTask().GetAwaiter().GetResult()[0];
        }
    }
}
