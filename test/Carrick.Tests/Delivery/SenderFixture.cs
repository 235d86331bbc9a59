using System.Text;
using Carrick.Delivery;
using Carrick.Integrations;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carrick.Tests.Delivery;

/// <summary>A sender with its own HTTP stack, and the definitions that tests vary.</summary>
internal sealed class SenderFixture : IDisposable
{
    public const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private readonly HttpMessageInvoker _http = EndpointHttpClient.Create(new DeliveryOptions());

    public SenderFixture(TimeProvider? time = null, ILogger<EndpointSender>? log = null) =>
        Sender = new EndpointSender(_http, time ?? TimeProvider.System, log ?? NullLogger<EndpointSender>.Instance);

    public EndpointSender Sender { get; }

    public static EventRecord Event(byte[]? body = null, string? contentType = "application/json") => new()
    {
        Id = RecordId.FromKey(4_711, 0x8000_0000_0000_0001),
        Integration = "billing",
        Type = "invoice.paid",
        MessageId = "m1",
        ContentType = contentType,
        Body = body ?? Encoding.UTF8.GetBytes("""{"paid":true}"""),
        ReceivedAt = DateTimeOffset.UnixEpoch,
    };

    public static EndpointDefinition Endpoint(Uri url) =>
        new() { Name = "billing/orders", Integration = "billing", Url = url, Timeout = TimeSpan.FromSeconds(20) };

    public Task<AttemptResult> SendAsync(Uri url, TimeSpan? timeout = null) => SendAsync(Endpoint(url) with { Timeout = timeout ?? TimeSpan.FromSeconds(20) });

    public Task<AttemptResult> SendAsync(EndpointDefinition endpoint, EventRecord? record = null, int attempt = 1) =>
        Bounded(Sender.SendAsync(endpoint, record ?? Event(), attempt, CancellationToken.None));

    public Task<AttemptResult> SendUntilAsync(Uri url, CancellationToken stopping) => Bounded(Sender.SendAsync(Endpoint(url), Event(), 1, stopping));

    private static Task<AttemptResult> Bounded(ValueTask<AttemptResult> sending) => sending.AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public void Dispose() => _http.Dispose();
}
