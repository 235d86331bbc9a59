using System.Globalization;
using System.Text;
using System.Text.Json;
using Carrick.Signatures;

namespace Storefront;

/// <summary>Plays Stripe while there is none: signs events and posts each of them twice, as a provider does when an answer is lost.</summary>
internal sealed class TestEvents(HttpClient http, IConfiguration configuration, TimeProvider time)
{
    public Task CompleteCheckoutAsync(Uri server, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var tail = now.ToUnixTimeMilliseconds().ToString("x", CultureInfo.InvariantCulture);
        return SendAsync(server, "checkout.session.completed", tail, new
        {
            id = $"cs_test_{tail}",
            payment_intent = $"pi_{tail}",
            customer = $"cus_{tail}",
            amount_total = 1_000 + (now.Millisecond * 10),
            currency = "eur",
        }, cancellationToken);
    }

    public Task RefundAsync(Uri server, string payment, long amount, CancellationToken cancellationToken)
    {
        var charge = new { id = $"ch_{payment}", payment_intent = payment, amount_refunded = amount };
        return SendAsync(server, "charge.refunded", $"re_{payment}", charge, cancellationToken);
    }

    private async Task SendAsync(Uri server, string type, string tail, object data, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var body = JsonSerializer.SerializeToUtf8Bytes(new { id = $"evt_{tail}", created = now.ToUnixTimeSeconds(), type, data = new { @object = data } });
        var secret = configuration["Stripe:WebhookSecrets"]!;
        for (var copy = 0; copy < 2; copy++)
        {
            var signed = WebhookSigner.Sign(WebhookScheme.Stripe, secret, new WebhookMessage { Body = body, Time = now });
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, "/webhooks/payments"));
            request.Content = new StringContent(Encoding.UTF8.GetString(body), Encoding.UTF8, "application/json");
            foreach (var (name, value) in signed.Headers.Where(header => header.Key.StartsWith("stripe", StringComparison.OrdinalIgnoreCase)))
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var response = await http.SendAsync(request, cancellationToken);
            response.EnsureSuccessStatusCode();
        }
    }
}
