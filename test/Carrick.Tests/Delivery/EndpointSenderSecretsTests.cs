using System.Net;
using System.Text;
using System.Text.Json;
using Carrick.Delivery;
using Carrick.Retry;

namespace Carrick.Tests.Delivery;

public sealed class EndpointSenderSecretsTests : IDisposable
{
    private readonly SenderFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("raw")]
    [InlineData("json")]
    [InlineData("html")]
    [InlineData("query")]
    public async Task SendAsync_EndpointEchoesTheRequest_TheErrorHoldsNoSecret(string form)
    {
        await using var server = new RawServer(async (request, stream, cancellationToken) =>
        {
            var echo = string.Join('\n', request.Headers.Select(header => $"{header.Key}: {header.Value}")) + "\n" + request.Line + "\n" + SenderFixture.Secret;
            echo = form switch { "json" => JsonSerializer.Serialize(echo), "html" => WebUtility.HtmlEncode(echo), "query" => Uri.EscapeDataString(echo), _ => echo };
            await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 400 x\r\nContent-Length: {Encoding.UTF8.GetByteCount(echo)}\r\n\r\n{echo}"), cancellationToken);
            return true;
        });
        var endpoint = SenderFixture.Endpoint(server.Url("/hooks/T0CANARY/canary%2Dpath/p4th-t0ken?token=c%61nary-1/x+y&k=canary-2")) with
        {
            SigningSecrets = [SenderFixture.Secret],
            Headers = [new("Authorization", "Bearer canary-3/+=<&>"), new("X-Key", "canary-4")],
        };
        var result = await _fixture.SendAsync(endpoint);

        Assert.Equal(FailureCategory.Permanent, result.Category);
        Assert.Contains("[redacted]", result.Error);
        Assert.DoesNotContain("canary", result.Error);
        Assert.DoesNotContain("c%61nary", result.Error);
        Assert.DoesNotContain("T0CANARY", result.Error);
        Assert.DoesNotContain("p4th-t0ken", result.Error);
        Assert.DoesNotContain(SenderFixture.Secret["whsec_".Length..], result.Error);
        var signature = Assert.Single(server.Requests)["webhook-signature"]!["v1,".Length..];
        Assert.DoesNotContain(signature[..12], result.Error);
    }

    [Theory]
    [InlineData("/services/T00000000/B00000000/XXXXXXXXXXXX?k=v", "http://127.0.0.1:8/[redacted]")]
    [InlineData("/x", "http://127.0.0.1:8/[redacted]")]
    [InlineData("/", "http://127.0.0.1:8/")]
    [InlineData("?token=t0ps3cret", "http://127.0.0.1:8/")]
    public void Target_AnyUrl_ShowsNothingBehindTheServer(string rest, string shown) =>
        Assert.Equal(shown, ErrorText.Target(new Uri("http://127.0.0.1:8" + rest)));

    [Fact]
    public async Task SendAsync_AnswerWithPartsOfThePath_MasksTokensAndKeepsWords()
    {
        const string Body = "no hooks for p4th-t0ken at /hooks/p4th-t0ken, see hooks";
        await using var server = new RawServer($"HTTP/1.1 404 x\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");
        var result = await _fixture.SendAsync(server.Url("/hooks/p4th-t0ken"));
        Assert.EndsWith("/[redacted]: HTTP 404. no hooks for [redacted] at [redacted], see hooks", result.Error);
    }

    [Fact]
    public async Task SendAsync_SecretCutAtTheLimit_IsMaskedAsFarAsItCame()
    {
        var body = new string('x', 4_096 - 9) + "canary-12345";
        await using var server = new RawServer($"HTTP/1.1 500 x\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        var result = await _fixture.SendAsync(SenderFixture.Endpoint(server.Url()) with { Headers = [new("X-Key", "canary-12345")] });
        Assert.EndsWith("xxx[redacted]", result.Error);
    }

    [Fact]
    public async Task SendAsync_ControlAndFormatCharacters_AreNotInTheError()
    {
        var body = "a\u001b[31mb\r\nc\0d\u202ee\u200bf\u2028g\u00ffh";
        await using var server = new RawServer(async (_, stream, cancellationToken) =>
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 500 x\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"), cancellationToken);
            return true;
        });
        var result = await _fixture.SendAsync(server.Url());
        Assert.EndsWith("HTTP 500. a [31mb  c d e f g\u00ffh", result.Error);
    }
}
