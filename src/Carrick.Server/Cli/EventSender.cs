using System.Net.Http.Headers;
using System.Text;
using Carrick.Server.Cli.Api;
using Carrick.Signatures;

namespace Carrick.Server.Cli;

/// <summary>Signs events and posts them, as a provider does.</summary>
internal sealed class EventSender : IDisposable
{
    private const int MaxAnswer = 64 * 1024;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    public EventSender(TimeProvider time)
    {
        _time = time;
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) };
        _http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30), MaxResponseContentBufferSize = MaxAnswer };
    }

    public async Task<SendResult> SendAsync(SendPlan plan, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var sample = SampleEvents.Create(plan.Scheme.Name, plan.Type, now);
        var body = plan.Body ?? sample.Body;
        SignedWebhook signed;
        try
        {
            signed = WebhookSigner.Sign(plan.Scheme, plan.Secret, new WebhookMessage
            {
                Body = body,
                Time = now,
                Url = plan.Target,
                Id = sample.Id,
                Type = sample.Type,
                ContentType = sample.ContentType,
                Alternative = plan.Alternative,
            });
        }
        catch (ArgumentException)
        {
            // The signer's message may name the secret's shape, not more; the guide says what is needed.
            return SendResult.Failed(new CliFailure(
                ExitCodes.Usage, $"The secret or the URL does not fit scheme '{plan.Scheme.Name}'.", $"It needs {SchemeGuide.Of(plan.Scheme.Name).Secrets}."));
        }

        return await PostAsync(signed.Url ?? plan.Target, signed.Headers, body, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<SendResult> PostAsync(Uri url, IReadOnlyList<KeyValuePair<string, string>> headers, byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("carrick-cli", "1"));
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        try
        {
            using var response = await _http.SendAsync(request, cancellationToken);
            var answer = Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            return new SendResult((int)response.StatusCode, response.IsSuccessStatusCode, answer, null);
        }
        catch (HttpRequestException exception)
        {
            return Unreachable(url, ApiFailures.Reason(exception));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unreachable(url, "it did not answer within 30 s");
        }
    }

    private static SendResult Unreachable(Uri url, string reason) => SendResult.Failed(new CliFailure(
        ExitCodes.Unreachable, $"{url.GetLeftPart(UriPartial.Authority)} cannot be reached: {reason}.", "Check --to, and that the server runs."));
}

/// <summary>What to send.</summary>
/// <param name="Scheme">How it is signed.</param>
/// <param name="Target">Where to.</param>
/// <param name="Secret">The sender's secret.</param>
/// <param name="Alternative">The way to sign, or <see langword="null"/> for the scheme's first that fits.</param>
/// <param name="Type">The event's type, or <see langword="null"/> for a usual one.</param>
/// <param name="Body">The body, or <see langword="null"/> for a sample.</param>
internal sealed record SendPlan(WebhookScheme Scheme, Uri Target, string Secret, string? Alternative, string? Type, byte[]? Body)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Scheme.Name} to {Target.GetLeftPart(UriPartial.Path)}";
}

/// <summary>What became of it.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Accepted">Whether it is a 2xx.</param>
/// <param name="Answer">The body of the answer.</param>
/// <param name="Failure">Why nothing could be sent, or <see langword="null"/>.</param>
internal sealed record SendResult(int Status, bool Accepted, string Answer, CliFailure? Failure)
{
    public static SendResult Failed(CliFailure failure) => new(0, false, "", failure);
}
