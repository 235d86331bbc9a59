using System.Net;
using System.Text;
using System.Text.Json;
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
        var endpoint = SenderFixture.Endpoint(server.Url("/hooks?token=c%61nary-1/x+y&k=canary-2")) with
        {
            SigningSecrets = [SenderFixture.Secret],
            Headers = [new("Authorization", "Bearer canary-3/+=<&>"), new("X-Key", "canary-4")],
        };
        var result = await _fixture.SendAsync(endpoint);

        Assert.Equal(FailureCategory.Permanent, result.Category);
        Assert.Contains("[redacted]", result.Error);
        Assert.DoesNotContain("canary", result.Error);
        Assert.DoesNotContain("c%61nary", result.Error);
        Assert.DoesNotContain(SenderFixture.Secret["whsec_".Length..], result.Error);
        var signature = Assert.Single(server.Requests)["webhook-signature"]!["v1,".Length..];
        Assert.DoesNotContain(signature[..12], result.Error);
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
