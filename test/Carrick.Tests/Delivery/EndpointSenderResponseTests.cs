using System.Globalization;
using Carrick.Delivery;
using Carrick.Retry;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Delivery;

public sealed class EndpointSenderResponseTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly SenderFixture _fixture = new(new FakeTimeProvider(Now));

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(200, FailureCategory.None)]
    [InlineData(204, FailureCategory.None)]
    [InlineData(400, FailureCategory.Permanent)]
    [InlineData(401, FailureCategory.Permanent)]
    [InlineData(404, FailureCategory.Permanent)]
    [InlineData(408, FailureCategory.Transient)]
    [InlineData(410, FailureCategory.Gone)]
    [InlineData(425, FailureCategory.Transient)]
    [InlineData(429, FailureCategory.Throttled)]
    [InlineData(500, FailureCategory.Transient)]
    [InlineData(503, FailureCategory.Transient)]
    [InlineData(999, FailureCategory.Transient)]
    public async Task SendAsync_Status_DecidesTheCategory(int status, FailureCategory category)
    {
        await using var server = new RawServer($"HTTP/1.1 {status} x\r\n{(status == 204 ? "" : "Content-Length: 0\r\n")}\r\n");
        var result = await _fixture.SendAsync(server.Url());
        Assert.Equal((category, status, null), (result.Category, result.StatusCode, result.RetryAfter));
        Assert.Equal(category == FailureCategory.None ? null : status.ToString(CultureInfo.InvariantCulture), result.ErrorType);
        Assert.Equal(category == FailureCategory.None ? null : $"POST {ErrorText.Target(server.Url())}: HTTP {status}.", result.Error);
    }

    [Theory]
    [InlineData(429, "120", FailureCategory.Throttled, 120)]
    [InlineData(429, "Sun, 01 Mar 2026 12:00:30 GMT", FailureCategory.Throttled, 30)]
    [InlineData(429, "-1", FailureCategory.Throttled, null)]
    [InlineData(429, "1000000000000", FailureCategory.Throttled, 604_800)]
    [InlineData(429, "5\r\nRetry-After: Sun, 01 Mar 2026 12:00:30 GMT", FailureCategory.Throttled, 30)]
    [InlineData(503, "120", FailureCategory.Throttled, 120)]
    [InlineData(503, "Sat, 28 Feb 2026 12:00:00 GMT", FailureCategory.Throttled, 0)]
    [InlineData(503, "soon", FailureCategory.Transient, null)]
    [InlineData(500, "60", FailureCategory.Transient, 60)]
    [InlineData(404, "60", FailureCategory.Permanent, null)]
    [InlineData(410, "60", FailureCategory.Gone, null)]
    [InlineData(200, "60", FailureCategory.None, null)]
    public async Task SendAsync_RetryAfter_IsCountedFromTheResponse(int status, string header, FailureCategory category, int? seconds)
    {
        await using var server = new RawServer($"HTTP/1.1 {status} x\r\nContent-Length: 0\r\nRetry-After: {header}\r\n\r\n");
        var result = await _fixture.SendAsync(server.Url());
        Assert.Equal((category, seconds is { } wait ? Now.AddSeconds(wait) : null), (result.Category, result.RetryAfter));
    }

    [Theory]
    [InlineData(301, FailureCategory.Permanent)]
    [InlineData(302, FailureCategory.Transient)]
    [InlineData(303, FailureCategory.Transient)]
    [InlineData(307, FailureCategory.Transient)]
    [InlineData(308, FailureCategory.Permanent)]
    public async Task SendAsync_Redirect_IsNotFollowedAndNamesTheHostOnly(int status, FailureCategory category)
    {
        await using var other = new RawServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await using var server = new RawServer($"HTTP/1.1 {status} x\r\nContent-Length: 0\r\nLocation: {other.Url("/private?token=t0ps3cret")}\r\n\r\n");
        var result = await _fixture.SendAsync(server.Url());
        Assert.Equal((category, status), (result.Category, result.StatusCode));
        Assert.Equal($"POST {ErrorText.Target(server.Url())}: HTTP {status}, a redirect to host 127.0.0.1, not followed.", result.Error);
        Assert.Empty(other.Requests);
    }

    [Theory]
    [InlineData("/else")]
    [InlineData("http://[")]
    [InlineData("")]
    public async Task SendAsync_RedirectWithoutAHost_IsAFailureAllTheSame(string location)
    {
        await using var server = new RawServer($"HTTP/1.1 302 x\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n");
        var result = await _fixture.SendAsync(server.Url());
        Assert.Equal($"POST {ErrorText.Target(server.Url())}: HTTP 302, a redirect, not followed.", result.Error);
    }

    [Fact]
    public async Task SendAsync_SetCookie_IsNotSentBack()
    {
        await using var server = new RawServer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: session=1; Path=/\r\n\r\n");
        await _fixture.SendAsync(server.Url());
        await _fixture.SendAsync(server.Url());
        Assert.Equal(2, server.Requests.Count);
        Assert.All(server.Requests, request => Assert.Null(request["Cookie"]));
        Assert.Equal(1, server.ConnectionCount);
    }
}
