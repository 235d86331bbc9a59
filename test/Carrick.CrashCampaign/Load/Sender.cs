using System.Net.Http.Headers;
using System.Text.Json;
using Carrick.CrashCampaign.Victim;
using Carrick.Signatures;
using Carrick.Testing.History;

namespace Carrick.CrashCampaign.Load;

/// <summary>Sends signed webhooks and writes down what it was told. Thread-safe.</summary>
internal sealed class Sender(HistoryWriter history, Target target) : IDisposable
{
    private const string ForgedSecret = "whsec_bm90IHRoZSBzZWNyZXQgdGhhdCBpcyBleHBlY3RlZCE=";

    private readonly HttpClient _client = new(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5) }) { Timeout = TimeSpan.FromSeconds(10) };
    private long _acked;

    public long Acked => Volatile.Read(ref _acked);

    /// <summary>Sends until the engine has acknowledged.</summary>
    public async Task SendUntilAckedAsync(Message message)
    {
        while (!await SendAsync(message, forged: false))
        {
            await Task.Delay(20);
        }
    }

    /// <summary>Sends once.</summary>
    /// <returns>Whether it was acknowledged.</returns>
    public async Task<bool> SendAsync(Message message, bool forged)
    {
        var address = await target.WaitAsync();
        var body = message.ToBody();
        var signed = WebhookSigner.Sign(
            WebhookScheme.StandardWebhooks,
            forged ? ForgedSecret : VictimSettings.Secret,
            new WebhookMessage { Body = body, Time = DateTimeOffset.UtcNow, Id = message.Id });
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, $"webhooks/{VictimSettings.Integration}")) { Content = new ByteArrayContent(body) };
        foreach (var (name, value) in signed.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(value);
            }
        }

        history.Write(new Sent(DateTimeOffset.UtcNow, message.Id, message.Subject, message.Sequence) { Forged = forged, Body = BodyHash.Of(body) });
        try
        {
            using var response = await _client.SendAsync(request);
            if (!response.IsSuccessStatusCode)
            {
                history.Write(new Refused(DateTimeOffset.UtcNow, message.Id, (int)response.StatusCode));
                return false;
            }

            var answer = JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(), MessageJson.Default.Answer)!;
            history.Write(new Acked(DateTimeOffset.UtcNow, message.Id, answer.Id, answer.Duplicate));
            Interlocked.Increment(ref _acked);
            return true;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or TaskCanceledException)
        {
            history.Write(new OutcomeUnknown(DateTimeOffset.UtcNow, message.Id));
            return false;
        }
    }

    public void Dispose() => _client.Dispose();
}
