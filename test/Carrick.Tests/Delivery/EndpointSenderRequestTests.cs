using System.Globalization;
using System.Text;
using Carrick.Delivery;
using Carrick.Retry;
using Carrick.Storage.Rows;
using Microsoft.Extensions.Time.Testing;

namespace Carrick.Tests.Delivery;

public sealed class EndpointSenderRequestTests : IDisposable
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_614_265_330).AddMilliseconds(999);
    private readonly FakeTimeProvider _time = new(Now);
    private readonly SenderFixture _fixture;

    public EndpointSenderRequestTests() => _fixture = new SenderFixture(_time);

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task SendAsync_AnyBytes_ArriveExactly()
    {
        var bodies = new[] { [], [0xFF, 0xFE, 0x00, 0xC3, 0x28, 0x0D, 0x0A], Encoding.UTF8.GetBytes("{ \"a\" : 1.0 }\r\n"), new byte[300_000] };
        await using var server = new RawServer(Ok);
        foreach (var body in bodies)
        {
            await _fixture.SendAsync(SenderFixture.Endpoint(server.Url("/a%20b?x=1")), SenderFixture.Event(body));
        }

        Assert.Equal(bodies, server.Requests.Select(request => request.Body));
        Assert.All(server.Requests, request => Assert.Equal("POST /a%20b?x=1 HTTP/1.1", request.Line));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json;charset=UTF-8")]
    [InlineData("text/plain; charset=\"iso-8859-1\" ; x=y")]
    [InlineData("APPLICATION/x-www-form-urlencoded")]
    [InlineData("not a media type")]
    [InlineData("text/caf\u00e9")]
    [InlineData(null)]
    [InlineData("")]
    public async Task SendAsync_AnyContentType_ArrivesAsReceived(string? contentType)
    {
        await using var server = new RawServer(Ok);
        var result = await _fixture.SendAsync(SenderFixture.Endpoint(server.Url()), SenderFixture.Event(contentType: contentType));
        Assert.Equal(FailureCategory.None, result.Category);
        Assert.Equal(contentType is "" ? null : contentType, Assert.Single(server.Requests)["Content-Type"]);
    }

    [Theory]
    [InlineData("text/plain\r\nX-Injected: 1")]
    [InlineData("text/plain\nX-Injected: 1")]
    [InlineData("text/plain\0")]
    public async Task SendAsync_ContentTypeThatBreaksTheHeader_IsPermanentAndNothingIsSent(string contentType)
    {
        await using var server = new RawServer(Ok);
        var result = await _fixture.SendAsync(SenderFixture.Endpoint(server.Url()), SenderFixture.Event(contentType: contentType));
        Assert.Equal((FailureCategory.Permanent, DeliveryErrorType.InvalidRequest), (result.Category, result.ErrorType));
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("BR")]
    [InlineData("gzip, br")]
    public async Task SendAsync_EventWithContentEncoding_KeepsIt(string encoding)
    {
        byte[] packed = [0x1F, 0x8B, 0x08, 0x00];
        await using var server = new RawServer(Ok);
        var record = SenderFixture.Event(packed) with { Headers = [new("user-agent", "Sender/1"), new("Content-Encoding", encoding)] };
        await _fixture.SendAsync(SenderFixture.Endpoint(server.Url()), record);
        var request = Assert.Single(server.Requests);
        Assert.Equal((encoding, "application/json"), (request["Content-Encoding"], request["Content-Type"]));
        Assert.Equal(packed, request.Body);
    }

    [Fact]
    public async Task SendAsync_ContentEncodingThatBreaksTheHeader_IsPermanentAndNothingIsSent()
    {
        await using var server = new RawServer(Ok);
        var result = await _fixture.SendAsync(
            SenderFixture.Endpoint(server.Url()), SenderFixture.Event() with { Headers = [new("content-encoding", "gzip\r\nX-Injected: 1")] });
        Assert.Equal((FailureCategory.Permanent, DeliveryErrorType.InvalidRequest), (result.Category, result.ErrorType));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task SendAsync_Unsigned_SendsOurHeadersAndNothingElse()
    {
        await using var server = new RawServer(Ok);
        var endpoint = SenderFixture.Endpoint(server.Url()) with { Headers = [new("X-Team", "blue"), new("Authorization", "Bearer t0ps3cret")] };
        using var activity = new System.Diagnostics.Activity("outer").Start();
        await _fixture.SendAsync(endpoint, attempt: 3);
        var request = Assert.Single(server.Requests);
        Assert.Equal(
            ["Authorization", "Content-Length", "Content-Type", "Host", "User-Agent", "X-Team", "carrick-attempt", "webhook-id", "webhook-timestamp"],
            request.Headers.Select(header => header.Key).Order(StringComparer.Ordinal));
        Assert.Equal("blue", request["X-Team"]);
        Assert.Equal("Bearer t0ps3cret", request["Authorization"]);
        Assert.Equal("3", request["carrick-attempt"]);
        Assert.Equal("1614265330", request["webhook-timestamp"]);
        Assert.Equal(SenderFixture.Event().Id.ToString("evt"), request["webhook-id"]);
        Assert.Matches(@"^Carrick/\d+\.\d+\.\d+$", request["User-Agent"]);
    }

    [Fact]
    public async Task SendAsync_TwoAttempts_KeepTheIdAndSignTheirOwnTime()
    {
        await using var server = new RawServer(Ok);
        var endpoint = SenderFixture.Endpoint(server.Url()) with { SigningSecrets = [SenderFixture.Secret, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"] };
        await _fixture.SendAsync(endpoint, attempt: 1);
        _time.Advance(TimeSpan.FromMinutes(10));
        await _fixture.SendAsync(endpoint, attempt: 2);

        Assert.Single(server.Requests.Select(request => request["webhook-id"]).Distinct());
        Assert.Equal(["1614265330", "1614265930"], server.Requests.Select(request => request["webhook-timestamp"]));
        Assert.All(server.Requests, request => Assert.Equal(
            StandardWebhooksSigner.Sign(
                endpoint.SigningSecrets, request["webhook-id"]!, long.Parse(request["webhook-timestamp"]!, CultureInfo.InvariantCulture), request.Body),
            request["webhook-signature"]));
    }

    [Fact]
    public async Task SendAsync_SecretThatCannotBeDecoded_IsPermanentAndNothingIsSent()
    {
        await using var server = new RawServer(Ok);
        var result = await _fixture.SendAsync(SenderFixture.Endpoint(server.Url()) with { SigningSecrets = [SenderFixture.Secret, "whsec_short+canary"] });
        Assert.Equal((FailureCategory.Permanent, DeliveryErrorType.InvalidRequest), (result.Category, result.ErrorType));
        Assert.DoesNotContain("canary", result.Error);
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("webhook-id", "other")]
    [InlineData("X Y", "1")]
    [InlineData("X", "1\r\nX-Injected: 1")]
    public async Task SendAsync_HeaderThatIsNotAllowed_IsPermanentAndNothingIsSent(string name, string value)
    {
        await using var server = new RawServer(Ok);
        var result = await _fixture.SendAsync(SenderFixture.Endpoint(server.Url()) with { Headers = [new("X-Good", "1"), new(name, value)] });
        Assert.Equal((FailureCategory.Permanent, DeliveryErrorType.InvalidRequest), (result.Category, result.ErrorType));
        Assert.Empty(server.Requests);
    }
}
