using System.Net;
using System.Text.Json;
using Carrick.Signatures;

namespace Carrick.Server.Demo;

/// <summary>Stripe and GitHub, simulated: signs and posts webhooks, one connection per lane. Thread-safe.</summary>
internal sealed class PaymentProvider : IDisposable
{
    private static readonly TimeSpan Age = TimeSpan.FromMinutes(10);

    private readonly DemoSecrets _secrets;
    private readonly DemoProgress _progress;
    private readonly TimeProvider _time;
    private readonly Uri _server;
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });

    public PaymentProvider(Uri server, DemoSecrets secrets, DemoProgress progress, TimeProvider time)
    {
        _server = server;
        _secrets = secrets;
        _progress = progress;
        _time = time;
    }

    /// <summary>Sends every lane at once, the messages of a lane one after another.</summary>
    /// <returns>What was answered, one reply per request.</returns>
    public async Task<IReadOnlyList<DemoReply>> SendAsync(DemoScenario scenario, CancellationToken cancellationToken)
    {
        var lanes = await Task.WhenAll(scenario.Lanes.Select(lane => Task.Run(() => SendLaneAsync(lane, cancellationToken), cancellationToken)));
        return [.. lanes.SelectMany(replies => replies)];
    }

    public void Dispose() => _http.Dispose();

    private async Task<List<DemoReply>> SendLaneAsync(IReadOnlyList<DemoMessage> lane, CancellationToken cancellationToken)
    {
        List<DemoReply> replies = new(lane.Count);
        foreach (var message in lane)
        {
            if (message.Twin is { } twin)
            {
                replies.AddRange(await Task.WhenAll(SendAsync(message, cancellationToken), SendAsync(twin, cancellationToken)));
            }
            else
            {
                replies.Add(await SendAsync(message, cancellationToken));
            }
        }

        return replies;
    }

    /// <summary>Sends one message; a server that is full is asked again, as providers do.</summary>
    private async Task<DemoReply> SendAsync(DemoMessage message, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var request = MakeRequest(message);
            using var response = await _http.SendAsync(request, cancellationToken);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                _progress.Add(DemoCount.Full);
                await Task.Delay(response.Headers.RetryAfter?.Delta ?? TimeSpan.FromSeconds(1), _time, cancellationToken);
                continue;
            }

            var reply = new DemoReply(message, (int)response.StatusCode, null, false);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
                reply = reply with
                {
                    EventId = answer.RootElement.GetProperty("id").GetString(),
                    Duplicate = answer.RootElement.GetProperty("duplicate").GetBoolean(),
                };
            }

            _progress.Add(DemoCount.Sent);
            _progress.Add(reply.Status != 200 ? DemoCount.Refused : reply.Duplicate ? DemoCount.Duplicate : DemoCount.Accepted);
            return reply;
        }
    }

    private HttpRequestMessage MakeRequest(DemoMessage message)
    {
        var body = DemoPayload.Write(message);
        var (scheme, secret) = message.Integration == DemoScenario.Payments
            ? (WebhookScheme.Stripe, _secrets.Stripe)
            : (WebhookScheme.GitHub, _secrets.GitHub);
        var signed = WebhookSigner.Sign(scheme, message.Kind == DemoKind.WrongSecret ? _secrets.Forger : secret, new WebhookMessage
        {
            Body = body,
            Id = message.MessageId,
            Type = message.Type,
            Time = _time.GetUtcNow() - (message.Kind == DemoKind.Stale ? Age : TimeSpan.Zero),
        });
        if (message.Kind == DemoKind.FlippedBit)
        {
            // The amount, which is what a forger would change.
            body = [.. body];
            body[body.AsSpan().IndexOf("\"amount\":"u8) is var at and >= 0 ? at + "\"amount\":".Length : body.Length / 2] ^= 1;
        }

        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_server, $"webhooks/{message.Integration}")) { Content = new ByteArrayContent(body) };
        foreach (var (name, value) in signed.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return request;
    }
}
