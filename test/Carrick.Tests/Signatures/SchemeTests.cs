using Carrick.Signatures;
using Xunit;

namespace Carrick.Tests.Signatures;

public sealed class SchemeTests
{
    [Fact]
    public void All_BuiltIn_AreThere() => Assert.Equal(
        ["basic", "github", "gitlab", "hmac", "hubspot", "meta", "shopify", "slack", "standard-webhooks", "stripe", "token", "twilio", "zoom"],
        WebhookScheme.All.Select(scheme => scheme.Name));

    [Theory]
    [InlineData("hubspot", "v3", "full")]
    [InlineData("gitlab", "signing-token", "full")]
    [InlineData("standard-webhooks", "v1,v1a", "full")]
    [InlineData("token", "bearer,header", "none")]
    public void DefaultAccept_Scheme_IsTheStrongest(string name, string accept, string integrity)
    {
        Assert.True(WebhookScheme.TryGet(name, out var scheme));
        Assert.Equal(accept.Split(','), scheme.DefaultAccept);
        Assert.Equal(integrity, scheme.Integrity);
    }

    [Fact]
    public void TryGet_UnknownName_IsFalse()
    {
        Assert.False(WebhookScheme.TryGet("nobody", out _));
        Assert.False(WebhookScheme.TryGet(null, out _));
    }

    [Fact]
    public void Parse_OwnHmacWithFieldsAtTheTop_VerifiesItsOwnSignatures()
    {
        var scheme = WebhookScheme.Parse("""
            {
              "name": "acme", "kind": "mac", "algorithm": "hmac-sha512", "key": { "encoding": "hex" },
              "signature": { "header": "X-Acme", "grammar": "list", "separator": ";", "assign": "=", "item": "h1", "encoding": "base64url" },
              "content": "acme:{method}:{url}:{sig.ts}:{body}",
              "timestamp": { "source": "sig.ts", "format": "iso8601", "tolerance": 5 },
              "event": { "id": "json.id", "type": "header.x-kind + json.kind" }
            }
            """);
        const string Secret = "00112233445566778899aabbccddeeff";
        var body = Check.Bytes("{}");
        var request = Check.Request(Check.Sign(scheme, "default", Secret, body), body);
        Assert.Equal("acme/default#1", Check.Verifier(scheme, "default", Secret).Verify(request, Check.Now.AddSeconds(5)).Text);
        Assert.Equal(SignatureFailure.StaleTimestamp, Check.Verifier(scheme, "default", Secret).Verify(request, Check.Now.AddSeconds(6)).Failure);
    }

    [Theory]
    [InlineData("[]", "$: a scheme is a JSON object.")]
    [InlineData("{", "not JSON: line 1, byte 1.")]
    [InlineData("""{"name":"x","alternatives":[]}""", "$.alternatives: must have at least one")]
    [InlineData("""{"name":"x","alternatives":[1]}""", "$.alternatives[0]: must be an object")]
    [InlineData("""{"name":"x","kind":"mac","algorithm":"hmac-md5","signature":{"header":"s"},"content":"{body}"}""", "$.algorithm: 'hmac-md5' is not one of hmac-sha256, hmac-sha512, hmac-sha1")]
    [InlineData("""{"name":"x","kind":"mac","algorithm":"hmac-sha256","signature":{"header":"s"},"content":"{bodi}"}""", "$.content: has the unknown variable '{bodi}'")]
    [InlineData("""{"name":"x","kind":"mac","algorithm":"hmac-sha256","signature":{"header":"s"},"content":"{body"}""", "$.content: has '{' without '}'")]
    [InlineData("""{"name":"x","kind":"mac","algorithm":"hmac-sha256","signature":{"header":"s"},"content":"{header.a}"}""", "$.integrity: must be 'partial' or 'none'")]
    [InlineData("""{"name":"x","kind":"mac","algorithm":"hmac-sha256","signature":{"header":"s"},"content":"{secret}{body}"}""", "$.content: must not hold {secret}")]
    [InlineData("""{"name":"x","kind":"hash","algorithm":"sha256","signature":{"header":"s"},"content":"{body}"}""", "$.content: must hold {secret}")]
    [InlineData("""{"name":"x","kind":"mac","algorithm":"hmac-sha256","signature":{"header":"s"},"content":"{body}","timestamp":{"source":"header.t","format":"unix-s"}}""", "$.timestamp.source: must be a 'header.' or 'sig.' field that the content holds")]
    [InlineData("""{"name":"x","kind":"mac","algorithm":"hmac-sha256","signature":{"header":"s"},"content":"{sig.t}{body}"}""", "$.signature: must have the grammar 'list'")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"applies":["sometimes"]}""", "$.applies: 'sometimes' is no condition")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"accept":["y"]}""", "$.accept: 'y' is no alternative")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"event":{"id":"id"}}""", "$.event.id: is no field expression")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"rejectStatus":200}""", "$.rejectStatus: must be 400 to 499")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"handshakes":[{"method":"PUT","when":"verified","match":{"type":"x"},"text":"y"}]}""", "$.handshakes[0].method: 'PUT' is not one of POST, GET")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"handshakes":[{"method":"POST","when":"before-verification","match":{"json.type":"x"},"json":{"token":"hmac-sha256-hex(json.token)"}}]}""", "$.handshakes[0].when: must be 'verified'")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"handshakes":[{"method":"POST","when":"verified","match":{"json[].type":"x"},"text":"json.y"}]}""", "$.handshakes[0].match.json[].type: is no field")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"handshakes":[{"method":"POST","when":"verified","match":{"json.type":"x"},"text":"json[].y"}]}""", "$.handshakes[0].text: is no field")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"ack":{"contentType":"text/plain\r\nx: y"}}""", "$.ack.contentType: is no media type")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"ack":{"contentType":"text"}}""", "$.ack.contentType: is no media type")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"ack":{"contentType":"text/plain; a=é"}}""", "$.ack.contentType: is no media type")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"ack":{"status":204,"body":"ok"}}""", "$.ack.body: must be empty: an answer with status 204 has none")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"ack":{"status":205,"body":"ok"}}""", "$.ack.body: must be empty: an answer with status 205 has none")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"ack":{"status":304}}""", "$.ack.status: must be 200 to 299")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"key":{"minBytes":4}}""", "$.key.minBytes: must be 5 to 512")]
    [InlineData("""{"name":1,"kind":"token","integrity":"none","signature":{"header":"s"}}""", "$.name: must be a string")]
    [InlineData("""{"name":"x","kind":"token","integrity":"none","signature":{"header":"s"},"oops":1}""", "$.oops: is unknown")]
    public void Parse_Mistake_NamesItsPath(string json, string error)
    {
        var exception = Assert.Throws<FormatException>(() => WebhookScheme.Parse(json));
        Assert.Contains(error, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_ManyMistakes_AreReportedAtOnce()
    {
        var exception = Assert.Throws<FormatException>(() => WebhookScheme.Parse("""{"kind":"x","signature":{"encoding":"x","y":1},"z":1}"""));
        Assert.All(["$.name", "$.kind", "$.signature.header", "$.signature.encoding", "$.signature.y", "$.z"],
            path => Assert.Contains(path + ":", exception.Message, StringComparison.Ordinal));
    }
}
