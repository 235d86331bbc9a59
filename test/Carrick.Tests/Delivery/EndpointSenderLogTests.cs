using Carrick.Delivery;
using Carrick.Retry;
using Carrick.Tests.Engine;
using Microsoft.Extensions.Logging;

namespace Carrick.Tests.Delivery;

/// <summary>A failed attempt is a warning, which quotes nothing of the answer; what an endpoint asks for, and a stop, are none.</summary>
public sealed class EndpointSenderLogTests
{
    private const int LogFailed = 1222;

    [Theory]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 6\r\nConnection: close\r\n\r\nSECRET", "HTTP 500.")]
    [InlineData("HTTP/1.1 404 No\r\nContent-Length: 6\r\nConnection: close\r\n\r\nSECRET", "HTTP 404.")]
    [InlineData("SECRET\r\n\r\n", "the response is not valid HTTP.")]
    public async Task Send_Fails_IsLoggedWithoutWhatWasAnswered(string response, string expected)
    {
        await using var server = new RawServer(response);
        var (result, log) = await SendAsync(server.Url());

        var line = Assert.Single(log.Of(LogFailed));
        Assert.Equal(LogLevel.Warning, line.Level);
        Assert.Contains("billing/orders", line.Text, StringComparison.Ordinal);
        Assert.EndsWith(expected, line.Text, StringComparison.Ordinal);
        Assert.EndsWith(expected, result.Summary, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", line.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", FailureCategory.None)]
    [InlineData("HTTP/1.1 429 Slow\r\nContent-Length: 0\r\n\r\n", FailureCategory.Throttled)]
    public async Task Send_NothingFailed_IsNoWarning(string response, FailureCategory category)
    {
        await using var server = new RawServer(response);
        var (result, log) = await SendAsync(server.Url());

        Assert.Equal(category, result.Category);
        Assert.Empty(log.Of(LogFailed));
    }

    private static async Task<(AttemptResult Result, LogRecorder Log)> SendAsync(Uri url)
    {
        var log = new LogRecorder();
        using var factory = LoggerFactory.Create(builder => builder.AddProvider(log));
        using var sender = new SenderFixture(log: factory.CreateLogger<EndpointSender>());
        return (await sender.SendAsync(url), log);
    }
}
