using System.Text;
using Carrick.Receiving;
using Carrick.Signatures;
using Carrick.Storage.Rows;
using Microsoft.AspNetCore.Http;

namespace Carrick.Tests.Signatures;

/// <summary>Short ways to sign and verify.</summary>
internal static class Check
{
    public static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_760_000_000);
    public static readonly Uri Url = new("https://hooks.example.com/webhooks/x");

    /// <summary>Every built-in alternative, with a secret for signing and one for verifying.</summary>
    public static IReadOnlyList<(WebhookScheme Scheme, string Alternative, string SignWith, string VerifyWith)> Alternatives { get; } =
        [.. WebhookScheme.All.SelectMany(scheme => scheme.Alternatives.Select(alternative => Secrets(scheme, alternative)))];

    public static SignatureVerifier Verifier(WebhookScheme scheme, string alternative, params string[] secrets) =>
        WebhookSource.TryCreate(new WebhookSourceDefinition { Scheme = scheme, Secrets = secrets, Accept = [alternative], PublicUrl = Url }, out var errors)?.Verifier
        ?? throw new InvalidOperationException(string.Join("; ", errors));

    public static SignedWebhook Sign(WebhookScheme scheme, string alternative, string secret, byte[] body, string? id = null, DateTimeOffset? time = null) =>
        WebhookSigner.Sign(scheme, secret, new WebhookMessage
        {
            Body = body,
            Time = time ?? Now,
            Url = Url,
            Id = id,
            Type = "issues.opened",
            Alternative = alternative,
            ContentType = ContentType(scheme, alternative),
        });

    public static string ContentType(WebhookScheme scheme, string alternative) =>
        scheme.Name == "twilio" && alternative == "form" ? "application/x-www-form-urlencoded" : "application/json";

    public static WebhookRequest Request(SignedWebhook signed, byte[] body, string method = "POST")
    {
        var headers = new HeaderDictionary();
        foreach (var (name, value) in signed.Headers)
        {
            headers[name] = value;
        }

        return new WebhookRequest(method, signed.Url?.Query ?? "", headers, body);
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static (WebhookScheme Scheme, string Alternative, string SignWith, string VerifyWith) Secrets(WebhookScheme scheme, string alternative) => (scheme.Name, alternative) switch
    {
        ("standard-webhooks", "v1a") => (scheme, alternative, "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==", "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="),
        ("standard-webhooks", _) or ("gitlab", "signing-token") => (scheme, alternative, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("basic", _) => (scheme, alternative, "someone:canary-secret-of-tests", "someone:canary-secret-of-tests"),
        _ => (scheme, alternative, "canary-secret-of-tests", "canary-secret-of-tests"),
    };
}
