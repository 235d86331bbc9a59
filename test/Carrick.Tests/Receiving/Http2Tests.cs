using System.Net;
using Carrick.Signatures;
using Carrick.Tests.Signatures;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Carrick.Tests.Receiving;

/// <summary>Receiving over HTTP/2: a slow stream is ended by itself, however fast the others of its connection are.</summary>
public sealed class Http2Tests : IAsyncLifetime
{
    private static readonly byte[] Body = Check.Bytes("""{"ref":"main"}""");
    private ReceivingHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await ReceivingHost.StartTlsAsync(options => options.MaxBytesInFlight = 1024 * 1024);

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Post_Small_IsStored()
    {
        using var answer = await SendAsync(_host.Client);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
        Assert.Equal(Body, Assert.Single(_host.Engine.Stored).Body.ToArray());
    }

    [Fact]
    public async Task Post_SlowStreamsOfOneConnection_HoldUpNobodyAndEndWithTheGrace()
    {
        using var held = _host.NewClient();
        var contents = Enumerable.Range(0, 17).Select(_ => new DripContent(65_536)).ToArray();
        var streams = contents.Select(content => held.SendAsync(Request(content))).ToArray();
        foreach (var content in contents.SkipLast(1))
        {
            content.Send(new byte[400]);
        }

        await Wait.Until(() => _host.Receiver.BodiesComing == 16);
        Assert.InRange(_host.Receiver.BytesInFlight, 16 * 400, 16 * 1_024);
        for (var second = 0; second < 4; second++)
        {
            _host.Time.Advance(TimeSpan.FromSeconds(1));
            contents[second].Send(new byte[400]);
            using var meanwhile = await SendAsync(_host.Client);
            Assert.Equal(HttpStatusCode.OK, meanwhile.StatusCode);
        }

        Assert.DoesNotContain(streams, stream => stream.IsCompleted);
        _host.Time.Advance(TimeSpan.FromSeconds(1.1));
        foreach (var stream in streams)
        {
            using var answer = await stream.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            await ReceivingHost.AssertProblemAsync(answer, HttpStatusCode.RequestTimeout, "The body came too slowly.");
        }

        await Wait.Until(() => _host.Receiver is { BytesInFlight: 0, BodiesComing: 0 });
        Assert.Equal(17, _host.Measurements.Count(line => line == "carrick.inbound.received{source=github,result=too_slow}=1"));
        Array.ForEach(contents, content => content.Dispose());
        using var after = await SendAsync(held);
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        // The same small body goes out again and again, which is told as a possible replay.
        Assert.DoesNotContain(_host.Log.Lines, line => line.Level >= LogLevel.Warning && line.Id.Name != "PossibleReplay");
    }

    [Fact]
    public async Task Post_StreamWithoutALengthThatNeverEnds_IsEnded()
    {
        using var content = new DripContent(null);
        var stream = _host.Client.SendAsync(Request(content), TestContext.Current.CancellationToken);
        content.Send(new byte[900]);
        await Wait.Until(() => _host.Receiver.BodiesComing == 1);
        await Wait.Until(() => Advance(1) && stream.IsCompleted);
        Assert.Equal(HttpStatusCode.RequestTimeout, (await stream).StatusCode);
    }

    [Fact]
    public async Task Post_LargeBodyInPieces_IsStoredWhole()
    {
        var body = new byte[300_000];
        Random.Shared.NextBytes(body);
        using var content = new DripContent(body.Length);
        var request = ReceivingHost.Signed(WebhookScheme.GitHub, body, "large", "push");
        (request.Content, request.Version, request.VersionPolicy) = (content, HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        var stream = _host.Client.SendAsync(request, TestContext.Current.CancellationToken);
        for (var at = 0; at < body.Length; at += 60_000)
        {
            content.Send(body[at..(at + 60_000)]);
            await Wait.Until(() => _host.Receiver.BytesInFlight >= at + 60_000 || stream.IsCompleted);
            _host.Time.Advance(TimeSpan.FromSeconds(4));
        }

        content.End();
        using var answer = await stream;
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(body, Assert.Single(_host.Engine.Stored).Body.ToArray());
    }

    private bool Advance(double seconds)
    {
        _host.Time.Advance(TimeSpan.FromSeconds(seconds));
        return true;
    }

    private static HttpRequestMessage Request(HttpContent content) => new(HttpMethod.Post, "/webhooks/github")
    {
        Content = content,
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    private static Task<HttpResponseMessage> SendAsync(HttpClient client)
    {
        var request = ReceivingHost.Signed(WebhookScheme.GitHub, Body, Guid.CreateVersion7().ToString(), "push");
        (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
        return client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
