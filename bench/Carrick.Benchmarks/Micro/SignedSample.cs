using System.Text;
using Carrick.Signatures;
using Microsoft.AspNetCore.Http;

namespace Carrick.Benchmarks.Micro;

/// <summary>A signed request of a scheme with a body of a size.</summary>
internal sealed class SignedSample
{
    private static readonly DateTimeOffset Time = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public SignedSample(string scheme, int size)
    {
        if (!WebhookScheme.TryGet(scheme, out var found))
        {
            throw new ArgumentException($"There is no scheme '{scheme}'.", nameof(scheme));
        }

        var secret = scheme is "standard-webhooks" or "gitlab" ? Load.SignedRequests.Secret : "a-secret-of-benchmarks-0123456789";
        var body = Body(size);
        var signed = WebhookSigner.Sign(found, secret, new WebhookMessage { Body = body, Time = Time, Id = "msg_1", Type = "orders/create", Url = Url });
        var headers = new HeaderDictionary();
        foreach (var (name, value) in signed.Headers)
        {
            headers.Append(name, value);
        }

        Plan = found.Plan;
        Request = new WebhookRequest("POST", signed.Url?.Query ?? "", headers, body);
        Verifier = new SignatureVerifier(found.Name, SchemeKeys.Make(found.Plan, null, [secret], []), Url.OriginalString, null);
        if (!Verify().IsValid)
        {
            throw new InvalidOperationException($"'{scheme}': {Verify().Failure}.");
        }
    }

    public SchemePlan Plan { get; }

    public WebhookRequest Request { get; }

    private static Uri Url { get; } = new("https://example.test/webhooks/bench");

    private SignatureVerifier Verifier { get; }

    public SignatureVerdict Verify() => Verifier.Verify(Request, Time);

    private static byte[] Body(int size)
    {
        const string Start = """{"id":"evt_1","type":"invoice.paid","data":{"object":{"id":"in_1","customer":"cus_1","note":" """;
        return Encoding.ASCII.GetBytes(Start + new string('x', size - Start.Length - 4) + "\"}}}");
    }
}
