using Carrick.Receiving;
using Carrick.Signatures;
using Carrick.Tests.Signatures;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Carrick.Tests.Receiving;

/// <summary>Where each scheme finds what an event is about and how new it is.</summary>
public sealed class EventFieldTests
{
    private const string Json = "content-type: application/json";
    private const string Form = "content-type: application/x-www-form-urlencoded";

    [Theory]
    [InlineData("stripe", """{"id":"evt_1","created":1760000000,"data":{"object":{"id":"in_1"}}}""", Json, "in_1", 1_760_000_000L)]
    [InlineData("standard-webhooks", """{"type":"a.b","timestamp":"2025-10-09T08:53:20Z","data":{"id":"x"}}""", Json, null, 1_760_000_000_000L)]
    [InlineData("github", """{"repository":{"full_name":"octocat/hello"},"issue":{"number":42}}""", Json, "octocat/hello:42", null)]
    [InlineData("github", """{"repository":{"full_name":"octocat/hello"},"pull_request":{"number":43}}""", Json, "octocat/hello:43", null)]
    [InlineData("github", """{"repository":{"full_name":"octocat/hello"},"ref":"main"}""", Json, "octocat/hello", null)]
    [InlineData("github", """{"organization":{"login":"octo"}}""", Json, "octo", null)]
    [InlineData("gitlab", """{"object_kind":"issue","project":{"id":15},"object_attributes":{"iid":3}}""", Json, "15:issue:3", null)]
    [InlineData("gitlab", """{"object_kind":"push","project":{"id":15}}""", Json, "15", null)]
    [InlineData("gitlab", """{"object_kind":"build","project_id":15}""", Json, "15", null)]
    [InlineData("hubspot", """[{"portalId":1,"objectId":2,"occurredAt":1760000000123}]""", Json, "1:2", 1_760_000_000_123L)]
    [InlineData("hubspot", """[{"portalId":1,"objectTypeId":"0-1","objectId":2,"occurredAt":1760000000123}]""", Json, "1:0-1:2", 1_760_000_000_123L)]
    [InlineData("shopify", """{"id":7,"admin_graphql_api_id":"gid://shopify/Order/7"}""", "x-shopify-triggered-at: 2025-10-09T08:53:20.123456789Z", "gid://shopify/Order/7", 1_760_000_000_123L)]
    [InlineData("shopify", """{"id":7}""", "shopify-triggered-at: 2025-10-09T08:53:20Z", "7", 1_760_000_000_000L)]
    [InlineData("slack", """{"event_time":1760000000,"event":{"type":"message","channel":"C1"}}""", Json, "C1", 1_760_000_000L)]
    [InlineData("slack", """{"event_time":1760000000,"event":{"type":"reaction_added","item":{"channel":"C2"}}}""", Json, "C2", 1_760_000_000L)]
    [InlineData("slack", "command=%2Fdeploy&channel_id=C3", Form, "C3", null)]
    [InlineData("slack", "payload=%7B%22type%22%3A%22block_actions%22%2C%22channel%22%3A%7B%22id%22%3A%22C4%22%7D%7D", Form, "C4", null)]
    [InlineData("twilio", "MessageSid=SM1&SmsSid=SM1&MessageStatus=sent", Form, "SM1", null)]
    [InlineData("twilio", "CallSid=CA1&CallStatus=ringing&SequenceNumber=2", Form, "CA1", 2L)]
    [InlineData("twilio", "ConferenceSid=CF1&CallSid=CA1&SequenceNumber=3", Form, "CF1", 3L)]
    [InlineData("zoom", """{"event":"meeting.started","event_ts":1760000000123,"payload":{"object":{"id":"123"}}}""", Json, "123", 1_760_000_000_123L)]
    [InlineData("meta", """{"object":"page","entry":[{"id":"9","time":1760000000,"changes":[{"field":"feed"}]}]}""", Json, "9", 1_760_000_000L)]
    [InlineData("hmac", """{"id":"1","timestamp":"2025-10-09T10:53:20+02:00"}""", Json, null, 1_760_000_000_000L)]
    [InlineData("token", """{"id":"1","timestamp":1760000000}""", Json, null, 1_760_000_000L)]
    [InlineData("basic", """{"id":"1","timestamp":"soon"}""", Json, null, null)]
    public void Map_SchemesOwnPayload_HasSubjectAndVersion(string scheme, string body, string header, string? subject, long? version)
    {
        var item = Assert.Single(Map(scheme, body, header));
        Assert.Equal((subject, version), (item.Subject, item.Version));
    }

    [Fact]
    public void All_Schemes_NameATimeOrAnOrderUnlessTheProviderSendsNone() => Assert.Equal(
        ["github", "gitlab"],
        WebhookScheme.All.Where(scheme => scheme.Plan.Event.Version.Alternatives.IsEmpty).Select(scheme => scheme.Name));

    [Theory]
    [InlineData("twilio", "MessageSid=SM1&SmsSid=SM1&MessageStatus=sent&SmsStatus=sent", Form, "SM1:sent", "sent")]
    [InlineData("twilio", "SmsSid=SM2&SmsStatus=received", Form, "SM2:received", "received")]
    [InlineData("twilio", "CallSid=CA1&CallStatus=ringing&SequenceNumber=1", Form, "CA1:ringing:1", "ringing")]
    [InlineData("twilio", "CallSid=CA1&CallStatus=in-progress&Digits=1", Form, "sha256:3e5906e75c8996c36caffb068fafd7f5912e2df0f47a1ce811b129834076ce77", "in-progress")]
    [InlineData("slack", "payload=%7B%22type%22%3A%22block_actions%22%7D", Form, null, "block_actions")]
    [InlineData("slack", "payload=%7B%22type%22%3A", Form, null, "unknown")]
    [InlineData("slack", "command=%2Fdeploy", Form, null, "/deploy")]
    [InlineData("zoom", """{"event":"meeting.started"}""", "x-zm-trackingid: WEBCONF-1", null, "meeting.started")]
    public void Map_FormsAndMessagesWithoutAnIdHeader_HaveIdAndType(string scheme, string body, string header, string? id, string type)
    {
        var item = Assert.Single(Map(scheme, body, header));
        Assert.Equal((id ?? FieldText.HashOf(Check.Bytes(body)), type), (item.MessageId, item.Type));
    }

    [Theory]
    [InlineData("""{"time":"json.at"}""", 1L)]
    [InlineData("""{"time":"json.at","order":"json.number"}""", 2L)]
    [InlineData("""{"time":"json.at","order":"json.number","version":"json.revision"}""", 3L)]
    [InlineData("""{"time":"json.at","order":"json.absent"}""", null)]
    public void Map_OwnScheme_TakesVersionThenOrderThenTime(string fields, long? version)
    {
        var scheme = Own(fields);
        Assert.Equal(version, Assert.Single(Map(Definition(scheme), """{"at":1,"number":2,"revision":3}""", Json)).Version);
    }

    [Fact]
    public void Map_KeysOfReceive_OverrideTheSchemes()
    {
        var source = Definition(WebhookScheme.Stripe) with { SubjectPath = "json.data.object.customer", VersionPath = "json.data.object.revision" };
        var item = Assert.Single(Map(source, """{"id":"evt_1","created":5,"data":{"object":{"id":"in_1","customer":"cus_1","revision":7}}}""", Json));
        Assert.Equal(("cus_1", 7L), (item.Subject, item.Version));
    }

    [Theory]
    [InlineData("time")]
    [InlineData("order")]
    public void Parse_TimeOrOrderThatIsNoField_NamesItsPath(string name)
    {
        var exception = Assert.Throws<FormatException>(() => Own($$"""{"{{name}}":"created"}"""));
        Assert.Contains($"$.event.{name}: is no field expression", exception.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<IncomingEvent> Map(string scheme, string body, string header)
    {
        Assert.True(WebhookScheme.TryGet(scheme, out var found));
        return Map(Definition(found), body, header);
    }

    private static IReadOnlyList<IncomingEvent> Map(WebhookSourceDefinition source, string body, string header)
    {
        var (name, value) = (header.Split(": ")[0], header.Split(": ")[1]);
        var request = new WebhookRequest("POST", "", new HeaderDictionary { [name] = value }, Check.Bytes(body));
        return new EventMapper(source).Map("x", request, new SignatureVerdict(SignatureFailure.None, "verdict", null, source.Scheme.Plan.Alternatives[0]), []);
    }

    private static WebhookSourceDefinition Definition(WebhookScheme scheme) => new() { Scheme = scheme };

    private static WebhookScheme Own(string fields) => WebhookScheme.Parse(
        $$"""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"event":{{fields}}}""");
}
